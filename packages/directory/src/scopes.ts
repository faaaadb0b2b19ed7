import type { Scope } from '@claras/ports/store/store';

/** Where the directory keeps a tenant's users, groups and settings. Its events go to topic `directory`. */
export const tenantScope = (tenant: string): Scope => `edge/${tenant}`;

/** Where it keeps what must be found without knowing a tenant: the tenants themselves, and keys. */
export const globalScope: Scope = 'edge/';
