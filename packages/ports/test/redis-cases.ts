import { openBacking } from '@claras/ports/backing';
import type { Runtime } from '@claras/ports/runtime';
import { type RedisStore, redisStore } from '@claras/ports/store/redis-store';
import { type Change, StoreUnavailable } from '@claras/ports/store/store';
import type { StoreSettings } from '@claras/ports/store/store-settings';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import type { Redis } from 'ioredis';
import type { Test } from 'tap';

export const settings = (cells = 4): StoreSettings => ({ cells, topicOf: { edge: 'directory' }, runtime: runtime satisfies Runtime });
export const acme = 'edge/acme';
const event = { type: 'user.deleted', subject: 'Users/1', time: '2026-01-01T00:00:00.000Z', data: { id: '1', userName: 'ann' } };
export const change = (more: Partial<Change> = {}): Change => ({
  id: runtime.id(),
  time: 1,
  expect: { a: 0 },
  put: { a: 1 },
  events: [event],
  ...more,
});

/** What is asked of a store whose Redis is not there. */
export async function awayCases(t: Test, url: string): Promise<void> {
  await t.test('while Redis is down, everything rejects with StoreUnavailable within 5 s', async (t) => {
    const store = redisStore(url, settings());
    const before = runtime.now();
    await Promise.all([
      t.rejects(store.ping(), StoreUnavailable),
      t.rejects(store.read(acme, ['a']), StoreUnavailable),
      t.rejects(store.commit(acme, change()), StoreUnavailable),
      t.rejects(store.outbox('edge')!.depth(), StoreUnavailable),
    ]);
    t.ok(runtime.now() - before < 5000);
    await store.close();
  });

  await t.test('closing leaves nobody waiting', async (t) => {
    const store = redisStore(url, settings());
    const before = runtime.now();
    const asked = t.rejects(store.ping(), StoreUnavailable);
    await store.close();
    await asked;
    t.ok(runtime.now() - before < 1000);
  });
}

/** One Redis or a cluster: `nodes` are connections to each of its servers. */
export interface RedisUnderTest {
  url: string;
  nodes: readonly Redis[];
  store: RedisStore;
}

/** What a store does on Redis only. It is on 4 cells. */
export async function redisCases(t: Test, { url, nodes, store }: RedisUnderTest): Promise<void> {
  await t.test('a Redis that forgot its scripts is told them again', async (t) => {
    for (const node of nodes) await node.script('FLUSH');
    t.ok((await store.commit('edge/scripts', change())).ok);
  });

  await t.test('one change may add, ask for and remove more members than a call has room for arguments', async (t) => {
    const many = Array.from({ length: 150_000 }, (_, n) => `member-${n}`);
    await store.commit('edge/large', { id: 'add', time: 1, index: { i: { add: many } } });
    t.match(await store.range('edge/large', 'i', { limit: 0 }), { total: many.length });
    t.notOk((await store.has('edge/large', 'i', many)).includes(false));
    await store.commit('edge/large', { id: 'remove', time: 2, index: { i: { remove: many } } });
    t.match(await store.range('edge/large', 'i', { limit: 0 }), { total: 0 });
  });

  await t.test('a document is touched whatever the time of its change was', async (t) => {
    const time = 1.5;
    await store.commit('edge/times', { id: '1', time: 1, put: { a: 1 } });
    await store.commit('edge/times', { id: '2', time, put: { b: 2 } });
    t.match(await store.commit('edge/times', { id: '3', time, touch: ['a', 'b'] }), { ok: true, version: 3 });
    t.match(await store.read('edge/times', ['a', 'b']), [
      { value: 1, version: 3, time },
      { value: 2, version: 3, time },
    ]);
  });

  await t.test('another number of cells is refused', async (t) => {
    const other = redisStore(url, settings(8));
    await t.rejects(other.ping(), /made with 4 cells, not 8/);
    await t.rejects(other.commit(acme, change()), /made with 4 cells, not 8/);
    await other.close();
  });

  await t.test('whether acknowledged means on disk can be told: the weakest node counts', async (t) => {
    const last = nodes.at(-1)!;
    const was = await Promise.all(nodes.map((node) => node.config('GET', 'appendfsync') as Promise<string[]>));
    t.teardown(() => Promise.all(nodes.map((node, n) => node.config('SET', 'appendfsync', was[n]![1]!))));
    for (const node of nodes) await node.config('SET', 'appendfsync', 'always');
    t.equal(await store.durability(), 'always');
    await last.config('SET', 'appendfsync', 'everysec');
    t.equal(await store.durability(), 'weaker');

    const options = { storeUrl: url, busUrl: 'memory:', cells: 4, runtime };
    await t.rejects(openBacking({ ...options, nodeEnv: 'production' }), /--appendonly yes --appendfsync always/);
    const tolerated = await openBacking(options);
    await tolerated.close();
    await last.config('SET', 'appendfsync', 'always');
    const taken = await openBacking({ ...options, nodeEnv: 'production' });
    await taken.close();
  });

  await t.test('the keys of a tenant share one hash tag', async (t) => {
    await store.commit('edge/tagged', change({ index: { i: { add: ['x'] } } }));
    const keys = (await Promise.all(nodes.map((node) => node.keys('*edge/tagged*')))).flat();
    t.ok(keys.length >= 3);
    t.equal(new Set(keys.map((key) => /^\{c\d+\}/.exec(key)?.[0])).size, 1);
  });
}
