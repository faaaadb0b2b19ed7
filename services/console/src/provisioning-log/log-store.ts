import type { ChangeResult } from '@claras/contracts/events';
import { emailKey } from '@claras/domain/email';
import type { Scope, Store } from '@claras/ports/store/store';
import type { LogEntry, Snapshot } from './entry.ts';

export const logService = 'provisioning-log';
export const logScope = (tenant: string): Scope => `${logService}/${tenant}`;

/** Entries that a tenant's log keeps; the oldest go. */
export const mostEntries = 20_000;
const trimmedAtOnce = 100;
/** Of one event that are kept: a re-check may have as many as the tenant has users. */
export const mostResults = 10_000;

/** What a consumer did about one user because of one event. `at`: ISO 8601, UTC. */
export interface StoredResult extends Omit<ChangeResult, 'sequence'> {
  consumer: string;
  at: string;
}
export interface Through {
  sequence: number;
  at: string;
}
export const mostSeatRows = 10_000;

const padded = (sequence: number): string => String(sequence).padStart(16, '0');
/** Newest first: an index is read in ascending order. */
export const place = (sequence: number): string => padded(Number.MAX_SAFE_INTEGER - sequence);
export const sequenceAt = (member: string): number => Number.MAX_SAFE_INTEGER - Number(member);

export const entryKey = (sequence: number) => `entry:${padded(sequence)}`;
/** Index of the results of an event; each member is the end of a document's key. */
export const resultsIndex = (sequence: number) => `results:${padded(sequence)}`;
export const resultMember = ({ user, facet }: Pick<ChangeResult, 'user' | 'facet'>) => `${user} ${facet}`;
export const resultKey = (sequence: number, member: string) => `result:${padded(sequence)} ${member}`;
export const throughKey = (consumer: string) => `through:${consumer}`;
export const snapshotKey = (subject: string) => `snapshot:${subject}`;
export const nameKey = (userName: string) => `name:${emailKey(userName)}`;
export const progressKey = 'recheck';
export const seatsKey = (sequence: number) => `seats:${padded(sequence)}`;
export const seatsIndex = 'seats';
export const entriesIndex = 'entries';
/** Entries with something that a rule refused. */
export const refusedIndex = 'refused';
export const userIndex = (user: string) => `user:${user}`;

interface Described {
  put: Record<string, unknown>;
  remove: string[];
  index: Record<string, { add: string[]; remove: string[] }>;
}

/** What a batch of events writes. */
export function described(entries: readonly LogEntry[], snapshots: ReadonlyMap<string, Snapshot>): Described {
  const put: Record<string, unknown> = {};
  const remove: string[] = [];
  const index: Record<string, { add: string[]; remove: string[] }> = {};
  const indexed = (name: string) => (index[name] ??= { add: [], remove: [] });
  for (const entry of entries) {
    put[entryKey(entry.sequence)] = entry;
    indexed(entriesIndex).add.push(place(entry.sequence));
    for (const user of entry.users) indexed(userIndex(user)).add.push(place(entry.sequence));
    if (entry.subject.startsWith('Users/') && entry.name !== undefined) put[nameKey(entry.name)] = entry.subject.slice('Users/'.length);
  }
  for (const [subject, snapshot] of snapshots) {
    if (snapshot) put[snapshotKey(subject)] = snapshot;
    else remove.push(snapshotKey(subject));
  }
  return { put, remove, index };
}

/** Takes the oldest entries out, with all that consumers told of them, when there would be too many. */
export async function trimmed(store: Store, scope: Scope, adding: number, change: Described): Promise<Described & { drop: string[] }> {
  const { total } = await store.range(scope, entriesIndex, { limit: 0 });
  const excess = total + adding - mostEntries;
  const [remove, index, drop]: [string[], Described['index'], string[]] = [[...change.remove], { ...change.index }, []];
  if (excess <= 0) return { ...change, drop };
  const offset = Math.max(0, total - excess - trimmedAtOnce);
  const { members } = await store.range(scope, entriesIndex, { offset, limit: total - offset });
  const out = (name: string, member: string) => {
    index[name] = { add: index[name]?.add ?? [], remove: [...(index[name]?.remove ?? []), member] };
  };
  for (const member of members) {
    const sequence = sequenceAt(member);
    const [entry] = await store.read<LogEntry>(scope, [entryKey(sequence)]);
    const { members: results } = await store.range(scope, resultsIndex(sequence), { limit: mostResults });
    remove.push(entryKey(sequence), ...results.map((result) => resultKey(sequence, result)));
    drop.push(resultsIndex(sequence));
    for (const name of [entriesIndex, refusedIndex]) out(name, member);
    for (const user of new Set([...(entry?.value.users ?? []), ...results.map((result) => result.split(' ', 1)[0] as string)]))
      out(userIndex(user), member);
  }
  return { ...change, index, remove, drop };
}
