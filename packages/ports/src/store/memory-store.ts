import { toRecord } from '@claras/contracts/cloud-event';
import { startOf } from '@claras/contracts/sequence';
import { cellOf } from '../cell.ts';
import { jsonOfPuts, StoredEntry } from './entry-text.ts';
import { pairsOf } from './keyed.ts';
import { memoryOutbox } from './memory-outbox.ts';
import { recentChanges } from './recent-changes.ts';
import { assertFits, partsOf } from './scope.ts';
import { type SortedMembers, sortedMembers } from './sorted-members.ts';
import { type Change, type CommitResult, type Entry, type Json, type Scope, ScopeEnded, type Store } from './store.ts';
import type { StoreSettings } from './store-settings.ts';

interface Slice {
  documents: Map<string, { json: string; version: number; time: number }>;
  indexes: Map<string, SortedMembers>;
  sequence: number;
  version: number;
  ended: boolean;
  recent: ReturnType<typeof recentChanges<CommitResult>>;
}

const newSlice = (): Slice => ({
  documents: new Map(),
  indexes: new Map(),
  sequence: 0,
  version: 0,
  ended: false,
  recent: recentChanges(),
});

/** The first key that is not as the change expects it. */
function conflictOf({ documents }: Slice, { expect, touch = [] }: Change): string | undefined {
  for (const [key, version] of pairsOf(expect)) if ((documents.get(key)?.version ?? 0) !== version) return key;
  return touch.find((key) => !documents.has(key));
}

function write({ documents, indexes }: Slice, change: Change, puts: [string, string][], version: number): void {
  const { time, remove = [], touch = [], index, drop = [] } = change;
  for (const key of touch) documents.set(key, { json: documents.get(key)!.json, version, time });
  for (const key of remove) documents.delete(key);
  if (change.end) documents.clear();
  for (const [key, json] of puts) documents.set(key, { json, version, time });
  for (const name of drop) indexes.delete(name);
  for (const [name, { add = [], remove: gone = [] }] of pairsOf(index)) {
    const members = indexes.get(name) ?? sortedMembers();
    gone.forEach(members.remove);
    add.forEach(members.add);
    indexes.set(name, members);
  }
  if (change.end) indexes.clear();
}

/** Store in this process's memory, for tests and simulation: no timers, no chance, and time only as the runtime tells it. */
export function memoryStore({ cells, topicOf, runtime }: StoreSettings): Store {
  const slices = new Map<Scope, Slice>();
  const outboxes = new Map(Object.keys(topicOf).map((service) => [service, memoryOutbox(cells, runtime)]));
  const epochs = Array.from({ length: cells }, () => 0);

  function sliceOf(scope: Scope): Slice {
    const slice = slices.get(scope) ?? newSlice();
    slice.sequence = Math.max(slice.sequence, startOf(epochs[cellOf(partsOf(scope).tenant, cells)]!));
    return slice;
  }

  function recordsOf(scope: Scope, { events = [] }: Change, sequence: number) {
    const { service, tenant } = partsOf(scope);
    const topic = topicOf[service];
    if (!topic && events.length > 0) throw new RangeError(`service ${service} has no topic for its events`);
    return events.map((event, n) => toRecord(topic!, service, tenant, sequence + n + 1, event));
  }

  return {
    cells,
    async read<T = Json>(scope: Scope, keys: readonly string[]): Promise<(Entry<T> | undefined)[]> {
      const { documents } = sliceOf(scope);
      return keys.map((key) => {
        const found = documents.get(key);
        return found && new StoredEntry<T>(found.json, found.version, found.time);
      });
    },
    async range(scope, index, { offset = 0, after, limit }) {
      const { indexes, sequence } = sliceOf(scope);
      const members = indexes.get(index);
      const found = members && (after === undefined ? members.from(offset, limit) : members.after(after, limit));
      return { members: found ?? [], total: members?.size() ?? 0, sequence };
    },
    async has(scope, index, members) {
      const found = sliceOf(scope).indexes.get(index);
      return members.map((member) => found?.has(member) ?? false);
    },
    async commit(scope, change) {
      assertFits(scope, change);
      const slice = sliceOf(scope);
      const first = slice.recent.recall(change.id);
      if (first) return { ...first };
      if (slice.ended && !change.end) throw new ScopeEnded();
      const conflict = conflictOf(slice, change);
      if (conflict !== undefined) return { ok: false, conflict };
      const puts = jsonOfPuts(change.put);
      const records = recordsOf(scope, change, slice.sequence);
      slices.set(scope, slice);
      write(slice, change, puts, ++slice.version);
      slice.sequence += records.length;
      slice.ended ||= change.end === true;
      const result: CommitResult = { ok: true, sequence: slice.sequence, version: slice.version };
      slice.recent.remember(change.id, result, runtime.now());
      const { service, tenant } = partsOf(scope);
      if (records.length > 0) outboxes.get(service)!.append(cellOf(tenant, cells), tenant, records);
      return { ...result };
    },
    sweep: async (scope) => sliceOf(scope).ended,
    epochs: async () => [...epochs],
    async raiseEpoch() {
      for (const cell of epochs.keys()) epochs[cell]!++;
    },
    outbox: (service) => outboxes.get(service),
    ping: async () => {},
    close: async () => {},
  };
}
