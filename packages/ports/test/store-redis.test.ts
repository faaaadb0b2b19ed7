import { openBacking } from '@claras/ports/backing';
import type { Runtime } from '@claras/ports/runtime';
import { redisStore } from '@claras/ports/store/redis-store';
import { type Change, StoreUnavailable } from '@claras/ports/store/store';
import { storeContract } from '@claras/ports/store/store.contract';
import type { StoreSettings } from '@claras/ports/store/store-settings';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { Redis } from 'ioredis';
import t from 'tap';
import { dropProxy } from './drop-proxy.ts';
import { ownRedis } from './own-redis.ts';
import { realUrl } from './real.ts';

/** Databases of the server that this file empties and uses; other suites use others. */
const [contractDb, faultsDb] = [14, 15];
const settings = (cells = 4): StoreSettings => ({ cells, topicOf: { edge: 'directory' }, runtime: runtime satisfies Runtime });
const acme = 'edge/acme';
const event = { type: 'user.deleted', subject: 'Users/1', time: '2026-01-01T00:00:00.000Z', data: { id: '1', userName: 'ann' } };
const change = (more: Partial<Change> = {}): Change => ({
  id: runtime.id(),
  time: 1,
  expect: { a: 0 },
  put: { a: 1 },
  events: [event],
  ...more,
});

t.test('while Redis is down, everything rejects with StoreUnavailable within 5 s', async (t) => {
  const store = redisStore('redis://127.0.0.1:1', settings());
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

t.test('closing leaves nobody waiting', async (t) => {
  const store = redisStore('redis://127.0.0.1:1', settings());
  const before = runtime.now();
  const asked = t.rejects(store.ping(), StoreUnavailable);
  await store.close();
  await asked;
  t.ok(runtime.now() - before < 1000);
});

t.test('real Redis', async (t) => {
  const server = realUrl(t, 'TEST_REDIS_URL');
  if (!server) return;
  const { hostname, port } = new URL(server);
  const at = (db: number, through = Number(port)) => `redis://${through === Number(port) ? hostname : '127.0.0.1'}:${through}/${db}`;

  async function empty(db: number): Promise<void> {
    const client = new Redis(at(db));
    await client.flushdb();
    client.disconnect();
  }

  t.test('the contract', async (t) => {
    const openAgain = async () => redisStore(at(contractDb), settings());
    const open = () => empty(contractDb).then(openAgain);
    storeContract(t, { runtime, open, reopen: openAgain, pass: runtime.sleep });
  });

  t.test('faults', async (t) => {
    await empty(faultsDb);
    const proxy = await dropProxy(Number(port), hostname);
    const store = redisStore(at(faultsDb, proxy.port), settings());
    const direct = redisStore(at(faultsDb), settings());
    t.teardown(() => Promise.all([store.close(), direct.close(), proxy.goDown()]));
    await store.ping();

    await t.test('a commit whose reply was lost is settled by asking again: made once, answered with its result', async (t) => {
      const lost = proxy.loseNextAnswer();
      const result = await store.commit(acme, change());
      await lost;
      t.strictSame(result, { ok: true, sequence: 1, version: 1 });
      t.match(await direct.range(acme, 'none', { limit: 0 }), { sequence: 1 });
    });

    await t.test('also when many were under way', async (t) => {
      const scope = 'edge/many';
      const lost = proxy.loseNextAnswer();
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, n) => store.commit(scope, change({ expect: { [`k${n}`]: 0 }, put: { [`k${n}`]: n } }))),
      );
      await lost;
      t.strictSame(
        results.map((result) => (result.ok ? result.sequence : 0)).sort((a, b) => a - b),
        Array.from({ length: 50 }, (_, n) => n + 1),
      );
      t.match(await direct.range(scope, 'none', { limit: 0 }), { sequence: 50 });
    });

    await t.test('a Redis that does not answer any more makes nobody wait longer than 5 s', async (t) => {
      proxy.hang();
      const before = runtime.now();
      const asked = [
        store.ping(),
        store.read(acme, ['a']),
        store.commit(acme, change()),
        store.range(acme, 'i', { limit: 1 }),
        store.outbox('edge')!.depth(),
      ];
      for (const answer of await Promise.allSettled(asked))
        t.ok(answer.status === 'rejected' && answer.reason instanceof StoreUnavailable, String(answer.status));
      t.ok(runtime.now() - before < 5000, `${runtime.now() - before} ms`);
      await proxy.comeBack();
      await store.ping();
    });

    await t.test('it comes back by itself after an outage, and a short one is not noticed', async (t) => {
      await proxy.goDown();
      await t.rejects(store.ping(), StoreUnavailable);
      const asked = store.read(acme, ['a']);
      await proxy.comeBack();
      t.equal((await asked)[0]?.value, 1);
      const heard = Promise.withResolvers<number>();
      store.outbox('edge')!.onAppend(heard.resolve);
      let done = false;
      const first = heard.promise.finally(() => {
        done = true;
      });
      while (!done) {
        await store.commit(acme, change({ expect: {} }));
        await runtime.sleep(5);
      }
      t.type(await first, 'number');
    });

    await t.test('a Redis that forgot its scripts is told them again', async (t) => {
      const client = new Redis(at(faultsDb));
      await client.script('FLUSH');
      client.disconnect();
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
      t.strictSame(await store.read('edge/times', ['a', 'b']), [
        { value: 1, version: 3, time },
        { value: 2, version: 3, time },
      ]);
    });

    await t.test('another number of cells is refused', async (t) => {
      const other = redisStore(at(faultsDb), settings(8));
      await t.rejects(other.ping(), /made with 4 cells, not 8/);
      await t.rejects(other.commit(acme, change()), /made with 4 cells, not 8/);
      await other.close();
    });

    await t.test('whether acknowledged means on disk can be told', async (t) => {
      const client = new Redis(at(faultsDb));
      const [, was] = (await client.config('GET', 'appendfsync')) as string[];
      t.teardown(async () => {
        await client.config('SET', 'appendfsync', was!);
        client.disconnect();
      });
      await client.config('SET', 'appendfsync', 'always');
      t.equal(await store.durability(), 'always');
      await client.config('SET', 'appendfsync', 'everysec');
      t.equal(await store.durability(), 'weaker');

      const options = { storeUrl: at(faultsDb), busUrl: 'memory:', cells: 4, runtime };
      await t.rejects(openBacking({ ...options, nodeEnv: 'production' }), /--appendonly yes --appendfsync always/);
      const tolerated = await openBacking(options);
      await tolerated.close();
      await client.config('SET', 'appendfsync', 'always');
      const taken = await openBacking({ ...options, nodeEnv: 'production' });
      await taken.close();
    });

    await t.test('the keys of a tenant share one hash tag', async (t) => {
      await store.commit('edge/tagged', change({ index: { i: { add: ['x'] } } }));
      const client = new Redis(at(faultsDb));
      const keys = await client.keys('*edge/tagged*');
      client.disconnect();
      t.ok(keys.length >= 3);
      t.equal(new Set(keys.map((key) => /^\{c\d+\}/.exec(key)?.[0])).size, 1);
    });
  });
});

t.test('a Redis of its own', async (t) => {
  const redis = await ownRedis(t);
  if (!redis) return;
  const store = redisStore(redis.url, settings());
  t.teardown(() => store.close());
  await store.ping();

  await t.test('kill -9 under load, thrice: the store comes back by itself, and every change is made once', async (t) => {
    const scope = 'edge/killed';
    const results = new Map<number, number>();
    let made = 0;
    let writing = true;
    /** Sends a change until it is answered, as a caller does. */
    async function settle(n: number): Promise<void> {
      const same = change({ expect: { [`k${n}`]: 0 }, put: { [`k${n}`]: n } });
      for (;;) {
        try {
          const result = await store.commit(scope, same);
          results.set(n, result.ok ? result.sequence : -1);
          return;
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) throw error;
        }
      }
    }
    const write = async () => {
      while (writing) await settle(made++);
    };
    const writers = Array.from({ length: 16 }, write);
    for (const _ of [1, 2, 3]) {
      const before = results.size;
      while (results.size < before + 200) await runtime.sleep(1);
      await redis.kill();
      redis.start();
    }
    const before = results.size;
    while (results.size < before + 200) await runtime.sleep(1);
    writing = false;
    await Promise.all(writers);

    const numbers = [...results.values()].sort((a, b) => a - b);
    t.strictSame(
      numbers,
      Array.from({ length: made }, (_, n) => n + 1),
      'one number for each, none twice and none left out',
    );
    const keys = Array.from({ length: made }, (_, n) => `k${n}`);
    t.strictSame(
      (await store.read<number>(scope, keys)).map((entry) => entry?.value),
      keys.map((_, n) => n),
    );
    t.match(await store.outbox('edge')!.depth(), { entries: made }, 'and one event for each');
  });

  await t.test('one that became a replica is asked for anew, as its address may lead to the next primary', async (t) => {
    const admin = new Redis(redis.url);
    t.teardown(() => admin.disconnect());
    const connections = async () => Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1]);
    const before = await connections();
    await admin.replicaof('127.0.0.1', 1);
    await t.rejects(store.commit(acme, change()), StoreUnavailable);
    await admin.replicaof('NO', 'ONE');
    t.ok((await store.commit(acme, change())).ok);
    t.ok((await connections()) > before);
  });
});
