import { toRecord } from '@claras/contracts/cloud-event';
import { startOf } from '@claras/contracts/sequence';
import { topics } from '@claras/contracts/topics';
import { cellOf } from '../cell.ts';
import { decodeEntry, jsonOfPuts } from './entry-text.ts';
import { pairsOf } from './keyed.ts';
import type { LmdbEnvironment } from './lmdb-environment.ts';
import type { Slice } from './lmdb-slices.ts';
import { assertFits, fits, partsOf } from './scope.ts';
import { type Change, type CommitResult, type Entry, type Json, type Scope, ScopeEnded, type Store } from './store.ts';
import type { StoreSettings } from './store-settings.ts';

const jsonOf = (text: string): string => text.slice(text.indexOf(' ', text.indexOf(' ') + 1) + 1);
const versionOf = (text: string | undefined): number => (text === undefined ? 0 : Number(text.slice(0, text.indexOf(' '))));

const epochFact = 'epoch';
/** So that nothing else waits long for it. */
const sweptAtOnce = 500;

/**
 * Store in one file of this process (lmdb). A commit is durable when it resolves; its events stand in the log of the embedded bus by the same
 * transaction, so there is no outbox. Closing it closes the environment.
 */
export function lmdbStore(environment: LmdbEnvironment, { cells, topicOf }: StoreSettings): Store {
  const { documents, facts } = environment.tables;
  const { indexes, slices, changes, log, assertOpen } = environment;

  let epoch = Number(facts.get(epochFact) ?? 0);
  /** The last number of a scope, as far as its epoch goes. */
  const numberOf = ({ sequence }: Slice): number => Math.max(sequence, startOf(epoch));

  /** The first key that is not as the change expects it. `touched`: the documents that it touches, as they stand. */
  function conflictOf(scope: Scope, { expect, touch = [] }: Change, touched: readonly (string | undefined)[]): string | undefined {
    for (const [key, version] of pairsOf(expect)) if (versionOf(documents.get(`${scope}\0${key}`)) !== version) return key;
    return touch.find((_, n) => touched[n] === undefined);
  }

  function recordsOf({ service, tenant }: ReturnType<typeof partsOf>, { events = [] }: Change, sequence: number) {
    const topic = topicOf[service];
    if (!topic && events.length > 0) throw new RangeError(`service ${service} has no topic for its events`);
    return events.map((event, n) => ({ topic: topics[topic!].name, record: toRecord(topic!, service, tenant, sequence + n + 1, event) }));
  }

  function writeDocuments(
    scope: Scope,
    { time, remove = [], touch = [] }: Change,
    touched: readonly string[],
    puts: readonly [string, string][],
    version: number,
  ): void {
    const head = `${version} ${time} `;
    for (const [n, key] of touch.entries()) documents.putSync(`${scope}\0${key}`, head + jsonOf(touched[n]!));
    for (const key of remove) documents.removeSync(`${scope}\0${key}`);
    for (const [key, json] of puts) documents.putSync(`${scope}\0${key}`, head + json);
  }

  function writeIndexes(scope: Scope, { drop = [], index }: Change): void {
    for (const name of drop) indexes.drop(scope, name);
    for (const [name, { add, remove }] of pairsOf(index)) {
      if (remove) indexes.remove(scope, name, remove);
      if (add) indexes.add(scope, name, add);
    }
  }

  /** In a transaction. Undefined: the scope has ended. */
  function apply(slice: Slice, change: Change, puts: readonly [string, string][]): CommitResult | undefined {
    const { scope } = slice;
    const name = `${scope}\0${change.id}`;
    const first = changes.recall(name);
    if (first) return { ...first };
    if (slice.ended && !change.end) return undefined;
    const touched = (change.touch ?? []).map((key) => documents.get(`${scope}\0${key}`));
    const conflict = conflictOf(scope, change, touched);
    if (conflict !== undefined) return { ok: false, conflict };
    const parts = partsOf(scope);
    slice.sequence = numberOf(slice);
    const records = recordsOf(parts, change, slice.sequence);
    slice.ended ||= change.end === true;
    slices.count(slice, records.length);
    writeDocuments(scope, change, touched as string[], puts, slice.version);
    writeIndexes(scope, change);
    if (records.length > 0) {
      const cell = cellOf(parts.tenant, cells);
      for (const { topic, record } of records) log.append(topic, cell, record);
    }
    const { sequence, version } = slice;
    changes.remember(name, { ok: true, sequence, version });
    return { ok: true, sequence, version };
  }

  /** In a transaction: takes away some of the documents behind that key that the scope's last change did not put. Returns where to go on. */
  function sweepDocuments({ scope, version }: Slice, after: string): string | undefined {
    const found = [...documents.getRange({ start: `${scope}\0${after}\0`, end: `${scope}\x01`, limit: sweptAtOnce })];
    for (const { key, value } of found) if (versionOf(value) < version) documents.removeSync(key);
    return found.length < sweptAtOnce ? undefined : found.at(-1)!.key.slice(scope.length + 1);
  }

  return {
    cells,
    async read<T = Json>(scope: Scope, keys: readonly string[]): Promise<(Entry<T> | undefined)[]> {
      assertOpen();
      return keys.map((key) => {
        const text = fits(key) ? documents.get(`${scope}\0${key}`) : undefined;
        return text === undefined ? undefined : decodeEntry<T>(text);
      });
    },
    async range(scope, index, query) {
      assertOpen();
      return { ...indexes.range(scope, index, query), sequence: numberOf(slices.find(scope)) };
    },
    async has(scope, index, members) {
      assertOpen();
      return indexes.has(scope, index, members);
    },
    async commit(scope, change) {
      assertFits(scope, change);
      // Here, so that what cannot be written fails before it waits, and the transaction is short.
      const puts = jsonOfPuts(change.put);
      const result = await environment.write(() => apply(slices.find(scope), change, puts));
      if (!result) throw new ScopeEnded();
      return result;
    },
    async sweep(scope) {
      assertOpen();
      if (!slices.find(scope).ended) return false;
      for (let after: string | undefined = ''; after !== undefined; ) {
        const from: string = after;
        after = await environment.write(() => sweepDocuments(slices.find(scope), from));
      }
      while (await environment.write(() => indexes.dropSome(scope, sweptAtOnce)));
      await environment.swept();
      return true;
    },
    epochs: async () => Array.from({ length: cells }, () => epoch),
    async raiseEpoch() {
      const next = epoch + 1;
      await environment.write(() => facts.putSync(epochFact, String(next)));
      epoch = next;
    },
    outbox: () => undefined,
    ping: async () => assertOpen(),
    close: () => environment.close(),
  };
}
