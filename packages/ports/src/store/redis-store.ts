import type { Log } from '../log.ts';
import { decodeEntry } from './entry-text.ts';
import type { RedisClient } from './redis-client.ts';
import { commitScript } from './redis-commit.ts';
import { redisConnection } from './redis-connection.ts';
import { type Durability, weakestDurability } from './redis-durability.ts';
import { redisEpochs } from './redis-epochs.ts';
import { cellsKey, placeOf, tagOf } from './redis-keys.ts';
import { redisOutbox } from './redis-outbox.ts';
import { rangeScript } from './redis-range.ts';
import { unlinkIndexes } from './redis-sweep.ts';
import { assertFits, partsOf } from './scope.ts';
import { type Entry, type Json, type Scope, ScopeEnded, type Store, StoreUnavailable } from './store.ts';
import type { StoreSettings } from './store-settings.ts';

const mayLose =
  'Redis may lose what it acknowledged. Start it with --appendonly yes --appendfsync always, or CONFIG SET both and CONFIG REWRITE';

export interface RedisStore extends Store {
  durability(): Promise<Durability>;
}

/**
 * Store on Redis 7, `redis://HOST:PORT/DB`, or on a cluster of it, `redis://HOST:PORT,HOST:PORT…`, where each cell stands on one node. Connects
 * when it can, and again; what Redis does not answer rejects with StoreUnavailable within 5 s. A commit whose reply was lost is asked again under
 * its id. Every call rejects where the data were made with another number of cells, and, in `production`, where Redis says that it may lose what
 * it acknowledged.
 */
export function redisStore(
  url: string,
  { cells, topicOf, runtime, log, production = false }: StoreSettings & { log?: Log; production?: boolean },
): RedisStore {
  const connection = redisConnection(url, runtime, log);
  const commitOf = commitScript(connection.client);
  const rangeOf = rangeScript(connection.client);
  let opened: Promise<void> | undefined;

  async function ask<T>(question: (client: RedisClient) => Promise<T>): Promise<T> {
    opened ??= open().catch((error) => {
      opened = undefined;
      throw error;
    });
    await opened;
    return connection.ask(question);
  }

  async function open(): Promise<void> {
    const stored = await connection.ask(async (client) => {
      await client.setnx(cellsKey, cells);
      return client.get(cellsKey);
    });
    if (Number(stored) !== cells)
      throw new Error(
        `the data in Redis were made with ${stored} cells, not ${cells}; set CELLS to ${stored}: the number cannot be changed`,
      );
    const told = await durability();
    if (told === 'weaker' && production) throw new Error(mayLose);
    if (told !== 'always') log?.warn({ durability: told }, mayLose);
  }

  const durability = () => connection.ask(() => weakestDurability(connection.nodes()));

  /** Asks every cell: in a cluster, some may answer where others do not. */
  async function ping(): Promise<void> {
    const numbers = Array.from({ length: cells }, (_, cell) => cell);
    const asked = await Promise.allSettled(numbers.map((cell) => ask((client) => client.exists(tagOf(cell)))));
    const faults = asked.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as Error] : []));
    const [fault] = faults;
    if (fault instanceof StoreUnavailable && faults.length < cells)
      throw new StoreUnavailable(`${fault.message} (${faults.length} of ${cells} cells)`, { cause: fault });
    if (fault) throw fault;
  }

  const outboxes = new Map(
    Object.entries(topicOf).map(([service, topic]) => [
      service,
      redisOutbox({ service, topic, cells, ask, subscribe: connection.subscribe }),
    ]),
  );

  return {
    cells,
    async read<T = Json>(scope: Scope, keys: readonly string[]): Promise<(Entry<T> | undefined)[]> {
      if (keys.length === 0) return [];
      const texts = await ask((client) => client.hmget(placeOf(scope, cells).documents, ...keys));
      return texts.map((text) => (text === null ? undefined : decodeEntry<T>(text)));
    },
    range: (scope, index, query) => ask(() => rangeOf(placeOf(scope, cells), index, query)),
    async has(scope, index, members) {
      if (members.length === 0) return [];
      const scores = await ask((client) => client.zmscore(placeOf(scope, cells).index(index), [...members]));
      return scores.map((score) => score !== null);
    },
    async commit(scope, change) {
      assertFits(scope, change);
      const { service } = partsOf(scope);
      if (change.events?.length && !topicOf[service]) throw new RangeError(`service ${service} has no topic for its events`);
      const send = commitOf(placeOf(scope, cells), change);
      const result = await ask(send);
      if (result === 'ended') throw new ScopeEnded();
      return result;
    },
    async sweep(scope) {
      const { state, index } = placeOf(scope, cells);
      if (!(await ask((client) => client.hget(state, 'ended')))) return false;
      await unlinkIndexes(ask, index);
      return true;
    },
    ...redisEpochs(cells, ask),
    outbox: (service) => outboxes.get(service),
    ping,
    durability,
    async close() {
      connection.close();
    },
  };
}
