import type { Config, Setting } from './config.ts';

/** Every process, and the settings without which it does not start. `claras` is all of them in one: `npm start`. */
export const neededSettings = {
  'scim-edge': ['keyPepper'],
  console: ['adminToken', 'keyPepper', 'coreAppToken', 'billingToken'],
  'core-app': ['coreAppToken'],
  'billing-ledger': ['billingToken'],
  'profile-sync': ['coreAppToken'],
  'role-mapper': ['coreAppToken'],
  archiver: ['coreAppToken'],
  'billing-sync': ['coreAppToken', 'billingToken'],
  claras: [],
} as const satisfies Record<string, readonly Setting[]>;
export type ProcessName = keyof typeof neededSettings;

/** The configuration of a process: what it needs is there. */
export type ConfigOf<Name extends ProcessName> = Config & Required<Pick<Config, (typeof neededSettings)[Name][number]>>;
