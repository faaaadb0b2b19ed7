import { type OutgoingEvent, toRecord } from '@claras/contracts/cloud-event';
import { JsonText } from '@claras/contracts/json-text';
import type { TopicName } from '@claras/contracts/topics';
import type { RedisClient } from './redis-client.ts';
import type { RedisConnection } from './redis-connection.ts';
import { appendChannel, leaseKey, outboxKey } from './redis-keys.ts';
import type { Outbox, OutboxEntry } from './store.ts';

const takeLease = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;
const giveLease = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

/** A stream id is `milliseconds-number`. */
const next = (id: string): string => id.replace(/\d+$/, (number) => String(Number(number) + 1));
const committedAt = (id: string): number => Number(id.split('-')[0]);

/** Each to the node that has the key; written in one turn, without waiting for one another. */
const lengthsOf = (client: RedisClient, keys: string[]): Promise<number[]> => Promise.all(keys.map((key) => client.xlen(key)));

interface Parts extends Pick<RedisConnection, 'ask' | 'subscribe'> {
  service: string;
  topic: TopicName;
  cells: number;
}

/** The outbox of one service: a stream for each cell. */
export function redisOutbox({ service, topic, cells, ask, subscribe }: Parts): Outbox {
  const listeners = new Set<(cell: number) => void>();
  let subscribed = false;

  /** The data are passed on as they stand. */
  function entryOf([id, [, tenant, , sequence, , attributes, , data]]: [string, string[]]): OutboxEntry {
    const event: OutgoingEvent = { ...JSON.parse(attributes!), data: new JsonText(data!) };
    return { id, tenant: tenant!, record: toRecord(topic, service, tenant!, Number(sequence), event) };
  }

  function tell(cell: number): void {
    for (const listener of listeners) listener(cell);
  }

  function subscribeOnce(): void {
    if (subscribed) return;
    subscribed = true;
    subscribe(appendChannel(service), {
      hear: (cell) => tell(Number(cell)),
      begin() {
        for (let cell = 0; cell < cells; cell++) tell(cell);
      },
    });
  }

  return {
    read: (cell, limit) => ask(async (client) => (await client.xrange(outboxKey(service, cell), '-', '+', 'COUNT', limit)).map(entryOf)),
    trim: (cell, id) => ask(async (client) => void (await client.xtrim(outboxKey(service, cell), 'MINID', next(id)))),
    lease: (cell, holder, ms) => ask(async (client) => (await client.eval(takeLease, 1, leaseKey(service, cell), holder, ms)) === 1),
    release: (cell, holder) => ask(async (client) => void (await client.eval(giveLease, 1, leaseKey(service, cell), holder))),
    onAppend(listener) {
      subscribeOnce();
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    depth: () =>
      ask(async (client) => {
        const keys = Array.from({ length: cells }, (_, cell) => outboxKey(service, cell));
        const lengths = await lengthsOf(client, keys);
        const filled = [...lengths.keys()].filter((cell) => lengths[cell]! > 0);
        const first = (await Promise.all(filled.map((cell) => client.xrange(keys[cell]!, '-', '+', 'COUNT', 1)))).flat();
        const entries = lengths.reduce((sum, length) => sum + length, 0);
        return { entries, filled, ...(first.length > 0 ? { oldest: Math.min(...first.map(([id]) => committedAt(id))) } : {}) };
      }),
  };
}
