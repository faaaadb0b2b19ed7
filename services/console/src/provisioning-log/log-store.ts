import type { ChangeResult } from '@claras/contracts/events';
import { emailKey } from '@claras/domain/email';
import { keyPart } from '@claras/ports/store/key-part';
import type { Scope, Store } from '@claras/ports/store/store';
import type { LogEntry, Snapshot } from './entry.ts';

export const logService = 'provisioning-log';
export const logScope = (tenant: string): Scope => `${logService}/${tenant}`;

/** Entries that a tenant's log keeps; the oldest go. Of those, what the edge tells of requests: a flood of it leaves the others. */
export const mostEntries = 20_000;
export const mostRefusals = 2_000;
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

/** What the edge tells of a request stands in the index of entries behind the directory's event `after`, in the order of the edge's own numbers. */
export const refusedPlace = (after: number, number: number): string => `${place(after + 1)} ${place(number)}`;
export const isRefusedPlace = (member: string): boolean => member.includes(' ');
/** What an entry is called outside: `17` is the directory's event 17, `17r3` the third that the edge told, which came behind it. */
export function idOfPlace(member: string): string {
  const [at = '', number] = member.split(' ');
  return number === undefined ? String(sequenceAt(at)) : `${sequenceAt(at) - 1}r${sequenceAt(number)}`;
}
export function placeOfId(id: string): string {
  const [sequence, number] = id.split('r').map(Number);
  return number === undefined ? place(sequence!) : refusedPlace(sequence!, number);
}
export const refusedKey = (member: string) => `refused:${member}`;
export const refusalsIndex = 'refusals';

export const entryKey = (sequence: number) => `entry:${padded(sequence)}`;
/** Index of the results of an event; each member is the end of a document's key. */
export const resultsIndex = (sequence: number) => `results:${padded(sequence)}`;
export const resultMember = ({ user, facet }: Pick<ChangeResult, 'user' | 'facet'>) => `${user} ${facet}`;
export const resultKey = (sequence: number, member: string) => `result:${padded(sequence)} ${member}`;
export const throughKey = (consumer: string) => `through:${consumer}`;
export const snapshotKey = (subject: string) => `snapshot:${subject}`;
export const nameKey = (userName: string) => `name:${keyPart(emailKey(userName))}`;
/** Index of the keys of names that led to a user: an entry that said one may be trimmed. */
export const namesIndex = (user: string) => `names:${user}`;
export const progressKey = 'recheck';
export const requestsKey = 'requests';
export const seatsKey = (sequence: number) => `seats:${padded(sequence)}`;
export const seatsIndex = 'seats';
export const entriesIndex = 'entries';
/** Entries with something that a rule or the edge refused. */
export const refusedIndex = 'refused';
export const userIndex = (user: string) => `user:${user}`;

/** The document of an entry that stands at that place of an index. */
export const documentKey = (member: string) => (isRefusedPlace(member) ? refusedKey(member) : entryKey(sequenceAt(member)));

/** `user`: a userName that the log knows, or a SCIM id. */
export async function scimIdOf(store: Store, scope: Scope, user: string): Promise<string> {
  const [named] = await store.read<string>(scope, [nameKey(user)]);
  return named?.value ?? user;
}

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
  }
  for (const [subject, snapshot] of snapshots) {
    if (snapshot) put[snapshotKey(subject)] = snapshot;
    else remove.push(snapshotKey(subject));
    if (typeof snapshot?.userName !== 'string') continue;
    put[nameKey(snapshot.userName)] = snapshot.id;
    indexed(namesIndex(snapshot.id as string)).add.push(nameKey(snapshot.userName));
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
    if (isRefusedPlace(member)) {
      const [entry] = await store.read<LogEntry>(scope, [refusedKey(member)]);
      remove.push(refusedKey(member));
      for (const name of refusedIndexes(entry?.value.users ?? [])) out(name, member);
      continue;
    }
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

/** Where a refused request stands. */
const refusedIndexes = (users: readonly string[]): string[] => [entriesIndex, refusedIndex, refusalsIndex, ...users.map(userIndex)];

/** What a refused request writes; where there would be too many, the oldest goes. */
export async function refusalDescribed(store: Store, scope: Scope, member: string, entry: LogEntry): Promise<Described> {
  const { members } = await store.range(scope, refusalsIndex, { offset: mostRefusals - 1, limit: trimmedAtOnce });
  const old = await store.read<LogEntry>(scope, members.map(refusedKey));
  const index: Described['index'] = {};
  const indexed = (name: string) => (index[name] ??= { add: [], remove: [] });
  for (const name of refusedIndexes(entry.users)) if (entry.refused || name !== refusedIndex) indexed(name).add.push(member);
  for (const [n, gone] of members.entries()) for (const name of refusedIndexes(old[n]?.value.users ?? [])) indexed(name).remove.push(gone);
  return { put: { [refusedKey(member)]: entry }, remove: members.map(refusedKey), index };
}
