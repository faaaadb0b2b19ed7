import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from './refusal.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export const apiUrl = (env: Environment, option: string | undefined): string => option ?? env.CLARAS_API ?? 'http://127.0.0.1:8080';

/** The operator's token. Never an argument: those stand in the process list and in the shell's history. */
export function adminToken(env: Environment): string {
  if (env.CLARAS_ADMIN_TOKEN) return env.CLARAS_ADMIN_TOKEN.trim();
  const file = join(env.DATA_DIR ?? './data', 'admin-token');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new Refusal(
      `cannot read the operator’s token in ${file}: npm start writes it; set DATA_DIR to its data folder, or CLARAS_ADMIN_TOKEN to the token`,
    );
  }
}
