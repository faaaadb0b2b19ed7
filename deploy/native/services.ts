import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Program } from './supervisor.ts';

/** Each service is a process of its own; the n-th listens on PORT + n. */
export const serviceNames = [
  'scim-edge',
  'console',
  'core-app',
  'billing-ledger',
  'profile-sync',
  'role-mapper',
  'archiver',
  'billing-sync',
] as const;

/** A secret that is made once and stays in `dir`, readable by its owner only. */
function secret(dir: string, name: string): string {
  const file = join(dir, name);
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

export const urlOf = (name: (typeof serviceNames)[number], port: number): string => `http://127.0.0.1:${port + serviceNames.indexOf(name)}`;

export function servicePrograms(dir: string, port: number, { storeUrl, busUrl }: { storeUrl: string; busUrl: string }): Program[] {
  const shared = {
    STORE_URL: storeUrl,
    BUS_URL: busUrl,
    DATA_DIR: dir,
    TENANT_URL: `${urlOf('scim-edge', port)}/api/scim/v2`,
    CORE_APP_URL: urlOf('core-app', port),
    BILLING_URL: `ledger:${urlOf('billing-ledger', port)}`,
    ADMIN_TOKEN: secret(dir, 'admin-token'),
    CORE_APP_TOKEN: secret(dir, 'core-app-token'),
    BILLING_TOKEN: secret(dir, 'billing-token'),
    KEY_PEPPER: secret(dir, 'key-pepper'),
  };
  const root = resolve(import.meta.dirname, '../..');
  return serviceNames.map((name, i) => ({
    name,
    main: join(root, 'services', name, 'src/main.ts'),
    env: { ...shared, PORT: String(port + i) },
  }));
}
