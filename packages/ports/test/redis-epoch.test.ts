import { startOf } from '@claras/contracts/sequence';
import { redisStore } from '@claras/ports/store/redis-store';
import type { Store } from '@claras/ports/store/store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { until } from '../../../deploy/native/processes.ts';
import { ownRedis } from './own-redis.ts';

const event = { type: 'user.deleted', subject: 'Users/1', time: '2026-01-01T00:00:00.000Z', data: { id: '1', userName: 'ann' } };
const highest = async (store: Store) => Math.max(...(await store.epochs()));

function opened(t: Test, url: string): Store {
  const store = redisStore(url, { cells: 4, topicOf: { edge: 'directory' }, runtime });
  t.teardown(() => store.close());
  return store;
}
async function write(store: Store): Promise<number> {
  const result = await store.commit('edge/acme', { id: runtime.id(), time: 1, put: { a: 1 }, events: [event] });
  return result.ok ? result.sequence : -1;
}

async function ask(url: string, ...command: [string, ...string[]]): Promise<string> {
  const client = new Redis(url);
  try {
    return String(await client.call(...command));
  } finally {
    client.disconnect();
  }
}
/** Resolves when the replica has everything, also on disk: after a whole copy it writes its log anew. */
const copied = (replica: string) =>
  until('the copy', 30_000, async () => {
    const info = await ask(replica, 'INFO');
    return ['master_link_status:up', 'aof_rewrite_scheduled:0', 'aof_rewrite_in_progress:0'].every((line) => info.includes(line));
  });
async function follow(replica: string, master: string): Promise<void> {
  await ask(replica, 'REPLICAOF', '127.0.0.1', new URL(master).port);
  await copied(replica);
}

t.test('a promoted replica begins a new epoch by itself, each time; a server that is started again does not', async (t) => {
  const [first, second, third] = [await ownRedis(t), await ownRedis(t), await ownRedis(t)];
  if (!first || !second || !third) return;
  await follow(second.url, first.url);
  const before = opened(t, first.url);
  t.equal(await write(before), 1);
  t.equal(await highest(before), 0);

  await first.kill();
  await first.start();
  t.equal(await write(before), 2, 'the same server, started again');
  await copied(second.url);
  t.equal(await highest(before), 0);

  await first.kill();
  await ask(second.url, 'REPLICAOF', 'NO', 'ONE');
  const promoted = opened(t, second.url);
  t.equal(await write(promoted), startOf(1) + 1, 'the first change that is made there');
  t.equal(await write(promoted), startOf(1) + 2);
  await second.kill();
  await second.start();
  t.equal(await write(promoted), startOf(1) + 3, 'started again');

  await follow(third.url, second.url);
  await second.kill();
  await ask(third.url, 'REPLICAOF', 'NO', 'ONE');
  const again = opened(t, third.url);
  t.equal(await highest(again), 2, 'also where nothing is written, for whoever looks');
  t.equal((await again.range('edge/acme', 'none', { limit: 0 })).sequence, startOf(2));
  t.equal(await write(again), startOf(2) + 1);
});

t.test('an operator’s epoch is above that of every cell: of one that was restored alone nobody knows how far it was', async (t) => {
  const redis = await ownRedis(t);
  if (!redis) return;
  const store = opened(t, redis.url);
  await ask(redis.url, 'HSET', '{c2}:epoch', 'epoch', '3');
  t.strictSame(await store.epochs(), [0, 0, 3, 0]);
  await store.raiseEpoch();
  t.strictSame(await store.epochs(), [4, 4, 4, 4]);
});
