import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A secret of this data folder: made at the first start, readable by its owner alone. */
function secret(dataDir: string, name: string): string {
  const path = join(dataDir, name);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const value = randomBytes(32).toString('base64url');
    writeFileSync(path, `${value}\n`, { mode: 0o600, flag: 'wx' });
    return value;
  }
}

/** `adminToken` is what the command line sends; `pepper` keys the hashes of API keys. */
export function localSecrets(dataDir: string): { adminToken: string; pepper: string } {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return { adminToken: secret(dataDir, 'admin-token'), pepper: secret(dataDir, 'key-pepper') };
}
