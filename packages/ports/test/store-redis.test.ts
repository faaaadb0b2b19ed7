import { redisStore } from '@claras/ports/store/redis-store';
import { StoreUnavailable } from '@claras/ports/store/store';
import { storeContract } from '@claras/ports/store/store.contract';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { Redis } from 'ioredis';
import t from 'tap';
import { dropProxy } from './drop-proxy.ts';
import { ownRedis } from './own-redis.ts';
import { realUrl } from './real.ts';
import { acme, awayCases, change, redisCases, settings } from './redis-cases.ts';
import { holdsExactly, writeTo } from './store-load.ts';

/** Databases of the server that this file empties and uses; other suites use others. */
const [contractDb, faultsDb] = [14, 15];

t.test('no Redis', (t) => awayCases(t, 'redis://127.0.0.1:1'));

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
    storeContract(t, { runtime, open, reopen: openAgain, knowsChangesAgain: true, pass: runtime.sleep });
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

    await t.test(
      'who listens is told of every cell when the connection is there again: what was appended meanwhile was not heard',
      async (t) => {
        const heard = new Set<number>();
        const stop = store.outbox('edge')!.onAppend((cell) => heard.add(cell));
        await proxy.goDown();
        heard.clear();
        await proxy.comeBack();
        while (heard.size < store.cells) await runtime.sleep(5);
        stop();
        t.same([...heard].sort(), [0, 1, 2, 3]);
      },
    );

    const admin = new Redis(at(faultsDb));
    t.teardown(() => admin.disconnect());
    await redisCases(t, { url: at(faultsDb), nodes: [admin], store });
  });
});

t.test('a Redis of its own', async (t) => {
  const redis = await ownRedis(t);
  if (!redis) return;
  const store = redisStore(redis.url, settings());
  t.teardown(() => store.close());
  await store.ping();

  await t.test('kill -9 under load, thrice: the store comes back by itself, and every change is made once', async (t) => {
    const load = writeTo(t, { store, scopes: ['edge/killed'], writers: 16 });
    for (const _ of [1, 2, 3]) {
      await load.more(200);
      await redis.kill();
      await redis.start();
    }
    await load.more(200);
    await load.stop();
    await holdsExactly(t, store, load);
  });

  await t.test('one that refuses writes while no replica follows it is asked until one does', async (t) => {
    const admin = new Redis(redis.url);
    t.teardown(() => admin.disconnect());
    await admin.config('SET', 'min-replicas-to-write', 1);
    const asked = store.commit('edge/alone', change());
    while (!(await admin.info('errorstats')).includes('NOREPLICAS')) await runtime.sleep(1);
    await admin.config('SET', 'min-replicas-to-write', 0);
    t.match(await asked, { ok: true, sequence: 1 });
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
