import type { LogPage, ProvisioningEntry, RecheckProgress, SeatRow } from '@claras/contracts/console-api';
import type { Scope, Store } from '@claras/ports/store/store';
import { consumers } from './consumer.ts';
import { type LogEntry, nameOf, type Snapshot } from './entry.ts';
import {
  entriesIndex,
  entryKey,
  idOfPlace,
  isRefusedPlace,
  logScope,
  placeOfId,
  progressKey,
  refusedIndex,
  refusedKey,
  resultKey,
  resultsIndex,
  type StoredResult,
  scimIdOf,
  seatsIndex,
  seatsKey,
  sequenceAt,
  snapshotKey,
  type Through,
  throughKey,
  userIndex,
} from './log-store.ts';

/** Results of an entry that are shown; a member change has up to 500. */
const mostShown = 20;
/** Entries that one request looks at, where no index has what it asks for. */
const mostLookedAt = 2000;
const pageSize = 100;

export interface LogQuery {
  /** SCIM id or userName. */
  user?: string;
  /** The beginning of a type: `user`, `group.members`. */
  type?: string;
  refused?: boolean;
  /** Only entries before the one with this id. */
  before?: string;
  limit: number;
}

/** What the provisioning log has, newest first. */
export function readLog(store: Store) {
  async function page(tenant: string, { user, type, refused, before, limit }: LogQuery): Promise<LogPage> {
    const scope = logScope(tenant);
    const throughs = await store.read<Through>(scope, consumers.map(throughKey));
    const reached = new Map(consumers.map((consumer, n) => [consumer as string, throughs[n]?.value]));
    const index = user === undefined ? (refused ? refusedIndex : entriesIndex) : userIndex(await scimIdOf(store, scope, user));
    const items: ProvisioningEntry[] = [];
    let after = before === undefined ? undefined : placeOfId(before);
    for (let looked = 0; looked < mostLookedAt && items.length < limit; ) {
      const { members } = await store.range(scope, index, { limit: pageSize, ...(after === undefined ? {} : { after }) });
      for (const member of members) {
        if (items.length === limit) break;
        after = member;
        const entry = await entryAt(scope, member, reached, user === undefined ? undefined : index.slice('user:'.length));
        if (entry && wanted(entry, type, refused)) items.push(entry);
      }
      looked += members.length;
      if (members.length < pageSize && (items.length < limit || after === members.at(-1))) return { items };
    }
    return { items, ...(after === undefined ? {} : { next: idOfPlace(after) }) };
  }

  const wanted = ({ type, results, ...entry }: ProvisioningEntry, prefix = '', refused = false): boolean =>
    type.startsWith(prefix) && (!refused || entry.refused !== undefined || results.some(({ outcome }) => outcome === 'refused'));

  async function entryAt(
    scope: Scope,
    member: string,
    reached: ReadonlyMap<string, Through | undefined>,
    user?: string,
  ): Promise<ProvisioningEntry | undefined> {
    if (isRefusedPlace(member)) return refusedAt(scope, member);
    const sequence = sequenceAt(member);
    const [[entry], { members, total }] = await Promise.all([
      store.read<LogEntry>(scope, [entryKey(sequence)]),
      store.range(scope, resultsIndex(sequence), { limit: mostShown, ...(user === undefined ? {} : { after: user, limit: 4 }) }),
    ]);
    if (!entry) return undefined; // told of by a consumer before the log itself has read it
    const own = user === undefined ? members : members.filter((member) => member.startsWith(`${user} `));
    const results = await store.read<StoredResult>(
      scope,
      own.map((member) => resultKey(sequence, member)),
    );
    const { users, ...shown } = entry.value;
    return {
      id: idOfPlace(member),
      ...shown,
      changes: shown.changes.map((change) => ({ ...change })),
      users: users.length,
      consumers: consumers.map((consumer) => ({ consumer, done: (reached.get(consumer)?.sequence ?? 0) >= sequence })),
      results: results.flatMap((result) => result?.value ?? []),
      resultsTotal: user === undefined ? total : own.length,
    };
  }

  async function refusedAt(scope: Scope, member: string): Promise<ProvisioningEntry | undefined> {
    const [entry] = await store.read<LogEntry>(scope, [refusedKey(member)]);
    if (!entry) return undefined;
    const { users, ...shown } = entry.value;
    // What the edge told may have been read before the event that made whom it is about.
    const [known] = shown.name === undefined ? await store.read(scope, [snapshotKey(shown.subject)]) : [];
    const name = nameOf(known?.value as Snapshot);
    return {
      id: idOfPlace(member),
      ...(name === undefined ? {} : { name }),
      ...shown,
      changes: [],
      users: users.length,
      consumers: [],
      results: [],
      resultsTotal: 0,
    };
  }

  async function progress(tenant: string): Promise<RecheckProgress | null> {
    const [entry] = await store.read<RecheckProgress>(logScope(tenant), [progressKey]);
    return entry?.value ?? null;
  }

  /** The ledger behind the bill, newest first. */
  async function seatRows(tenant: string, limit: number): Promise<SeatRow[]> {
    const scope = logScope(tenant);
    const { members } = await store.range(scope, seatsIndex, { limit });
    const rows = await store.read<SeatRow>(
      scope,
      members.map((member) => seatsKey(sequenceAt(member))),
    );
    return rows.flatMap((row) => row?.value ?? []);
  }

  return { page, progress, seatRows };
}
export type ReadLog = ReturnType<typeof readLog>;
