import type { Redis } from 'ioredis';
import { cellOf } from '../cell.ts';
import type { Log } from '../log.ts';
import { decodeEntry } from './entry-text.ts';
import { commitScript, type Place } from './redis-commit.ts';
import { redisConnection } from './redis-connection.ts';
import { appendChannel, outboxKey, redisOutbox } from './redis-outbox.ts';
import { assertFits, partsOf } from './scope.ts';
import type { Entry, Json, RangeQuery, Scope, Store } from './store.ts';
import type { StoreSettings } from './store-settings.ts';

const cellsKey = 'claras:cells';
const mayLose =
  'Redis may lose what it acknowledged. Start it with --appendonly yes --appendfsync always, or CONFIG SET both and CONFIG REWRITE';

export interface RedisStore extends Store {
  /** `always`: what is acknowledged is on the disk of the server (appendonly yes, appendfsync always). Hosted ones may not tell: `unknown`. */
  durability(): Promise<'always' | 'weaker' | 'unknown'>;
}

/**
 * Store on Redis 7, `redis://HOST:PORT/DB`. Connects when it can, and again; what Redis does not answer rejects with StoreUnavailable within
 * 5 s. A commit whose reply was lost is asked again under its id. Every call rejects where the data were made with another number of cells, and,
 * in `production`, where Redis says that it may lose what it acknowledged.
 */
export function redisStore(
  url: string,
  { cells, topicOf, runtime, log, production = false }: StoreSettings & { log?: Log; production?: boolean },
): RedisStore {
  const connection = redisConnection(url, runtime, log);
  const commitOf = commitScript(connection.client);
  let opened: Promise<void> | undefined;

  async function ask<T>(question: (client: Redis) => Promise<T>): Promise<T> {
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

  const durability = () =>
    connection.ask(async (client): Promise<'always' | 'weaker' | 'unknown'> => {
      const settings = (await client.config('GET', 'append*').catch((error: Error) => {
        if (error.name === 'ReplyError') return [];
        throw error;
      })) as string[];
      if (settings.length === 0) return 'unknown';
      const value = (name: string) => settings[settings.indexOf(name) + 1];
      return value('appendonly') === 'yes' && value('appendfsync') === 'always' ? 'always' : 'weaker';
    });

  function placeOf(scope: Scope): Place {
    const { service, tenant } = partsOf(scope);
    const cell = cellOf(tenant, cells);
    const name = `{c${cell}}:${scope}`;
    return {
      documents: `${name}:documents`,
      state: `${name}:state`,
      changes: `${name}:changes`,
      olderChanges: `${name}:changes:older`,
      outbox: outboxKey(service, cell),
      index: (index) => `${name}:index:${index}`,
      tenant,
      channel: appendChannel(service),
      cell,
    };
  }

  const outboxes = new Map(Object.entries(topicOf).map(([service, topic]) => [service, redisOutbox({ url, service, topic, cells, ask })]));

  return {
    cells,
    async read<T = Json>(scope: Scope, keys: readonly string[]): Promise<(Entry<T> | undefined)[]> {
      if (keys.length === 0) return [];
      const texts = await ask((client) => client.hmget(placeOf(scope).documents, ...keys));
      return texts.map((text) => (text === null ? undefined : decodeEntry<T>(text)));
    },
    async range(scope, index, query) {
      const place = placeOf(scope);
      const [members, total, sequence] = await ask((client) => rangeOf(client, place.index(index), place.state, query));
      return { members, total, sequence };
    },
    async has(scope, index, members) {
      if (members.length === 0) return [];
      const scores = await ask((client) => client.zmscore(placeOf(scope).index(index), [...members]));
      return scores.map((score) => score !== null);
    },
    async commit(scope, change) {
      assertFits(scope, change);
      const { service } = partsOf(scope);
      if (change.events?.length && !topicOf[service]) throw new RangeError(`service ${service} has no topic for its events`);
      const send = commitOf(placeOf(scope), change);
      return ask(send);
    },
    outbox: (service) => outboxes.get(service),
    ping: () => ask(async (client) => void (await client.ping())),
    durability,
    async close() {
      for (const outbox of outboxes.values()) outbox.close();
      connection.close();
    },
  };
}

/** In one step, so that members, total and sequence belong together. */
async function rangeOf(
  client: Redis,
  index: string,
  state: string,
  { offset = 0, after, limit }: RangeQuery,
): Promise<[string[], number, number]> {
  const step = client.multi().zcard(index).hget(state, 'sequence');
  if (limit > 0 && after !== undefined) step.zrangebylex(index, `(${after}`, '+', 'LIMIT', 0, limit);
  else if (limit > 0) step.zrange(index, offset, String(offset + limit - 1));
  const answers = (await step.exec()) ?? [];
  for (const [error] of answers) if (error) throw error;
  const [total, sequence, members] = answers.map(([, answer]) => answer);
  return [(members ?? []) as string[], total as number, Number(sequence ?? 0)];
}
