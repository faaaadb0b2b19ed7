import { createHash } from 'node:crypto';

/** One thing that somebody did to a tenant's settings or people. The hash covers all of it and the hash before: a chain. */
export interface AuditEntry {
  /** 1, 2, 3 … in a tenant. */
  number: number;
  /** ISO 8601, UTC. */
  time: string;
  /** `operator`, `key:<id>`, `profile:<id>` or `scim`. */
  by: string;
  /** In the past tense: `key.revoked`. */
  action: string;
  /** What it was done to: `Keys/<id>`. */
  subject: string;
  /** What changed, without secrets. */
  details: unknown;
  previous: string;
  hash: string;
}
export type Unchained = Omit<AuditEntry, 'number' | 'previous' | 'hash'>;

const hashOf = ({ number, time, by, action, subject, details, previous }: Omit<AuditEntry, 'hash'>): string =>
  createHash('sha256')
    .update(JSON.stringify([number, time, by, action, subject, details, previous]))
    .digest('base64url');

/** The entry behind `last`. */
export function chained(last: Pick<AuditEntry, 'number' | 'hash'> | undefined, entry: Unchained): AuditEntry {
  const linked = { number: (last?.number ?? 0) + 1, ...entry, previous: last?.hash ?? '' };
  return { ...linked, hash: hashOf(linked) };
}

/** The number of the first of these consecutive entries that was changed, removed or put in; undefined where the chain is whole. */
export function brokenAt(entries: readonly AuditEntry[], before?: Pick<AuditEntry, 'number' | 'hash'>): number | undefined {
  let last = before ?? { number: 0, hash: '' };
  for (const entry of entries) {
    if (entry.number !== last.number + 1 || entry.previous !== last.hash || entry.hash !== hashOf(entry)) return last.number + 1;
    last = entry;
  }
  return undefined;
}
