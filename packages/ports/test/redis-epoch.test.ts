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
/** No log is being written anew. */
const atRest = ['aof_rewrite_scheduled:0', 'aof_rewrite_in_progress:0'];
const offsetIn = (info: string) => /master_repl_offset:(\d+)/.exec(info)?.[1];
/** Resolves when the replica has everything, also on disk: after a whole copy it writes its log anew. */
const copied = (replica: string, master: string) =>
  until('the copy', 30_000, async () => {
    const [copy, original] = [await ask(replica, 'INFO'), await ask(master, 'INFO')];
    return ['master_link_status:up', ...atRest].every((line) => copy.includes(line)) && offsetIn(copy) === offsetIn(original);
  });
async function follow(replica: string, master: string): Promise<void> {
  await ask(replica, 'REPLICAOF', '127.0.0.1', new URL(master).port);
  await copied(replica, master);
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
  await copied(second.url, first.url);
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

t.test('a promoted replica that is started again before anything looks begins a new epoch, in every cell', async (t) => {
  const [first, second] = [await ownRedis(t), await ownRedis(t)];
  if (!first || !second) return;
  const before = opened(t, first.url);
  t.equal(await write(before), 1);
  await follow(second.url, first.url);
  t.strictSame(await before.epochs(), [0, 0, 0, 0], 'the console looks every 5 s');
  await copied(second.url, first.url);

  await first.kill();
  await first.start();
  t.strictSame(await before.epochs(), [0, 0, 0, 0], 'the master that has replicas, started again on its own disk');
  await copied(second.url, first.url);
  await ask(first.url, 'BGREWRITEAOF');
  await until('the log', 30_000, async () => {
    const info = await ask(first.url, 'INFO');
    return atRest.every((line) => info.includes(line));
  });
  await first.kill();
  await first.start();
  t.equal(await write(before), 2, 'also on a log that was written anew');
  await copied(second.url, first.url);
  await before.epochs();
  await copied(second.url, first.url);

  await first.kill();
  await ask(second.url, 'REPLICAOF', 'NO', 'ONE');
  await second.kill();
  await second.start();
  const promoted = opened(t, second.url);
  t.equal(await write(promoted), startOf(1) + 1, 'the first change that is made there');
  t.strictSame(await promoted.epochs(), [1, 1, 1, 1]);
  await second.kill();
  await second.start();
  t.equal(await write(promoted), startOf(1) + 2, 'started again once more, it is a master as any');
  t.strictSame(await promoted.epochs(), [1, 1, 1, 1]);
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
