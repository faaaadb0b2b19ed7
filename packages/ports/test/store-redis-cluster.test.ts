import { cellOf } from '@claras/ports/cell';
import { redisStore } from '@claras/ports/store/redis-store';
import { StoreUnavailable } from '@claras/ports/store/store';
import { storeContract } from '@claras/ports/store/store.contract';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t from 'tap';
import { askNode } from '../../../deploy/native/redis-cluster.ts';
import { ownRedisCluster } from './own-redis.ts';
import { awayCases, change, redisCases, settings } from './redis-cases.ts';
import { connectionsTo, emptyStore, proxied, scopesByMaster } from './redis-cluster-under-test.ts';
import { holdsExactly, writeTo } from './store-load.ts';

const writers = 32;

t.test('no cluster', (t) => awayCases(t, 'redis://127.0.0.1:1,127.0.0.1:2'));

t.test('a cluster of three masters', async (t) => {
  const cluster = await ownRedisCluster(t, { replicas: 0 });
  if (!cluster) return;
  const { url } = cluster;
  const { nodes } = cluster.state;
  const scopes = await scopesByMaster(nodes);

  await t.test('the contract', async (t) => {
    const admins = connectionsTo(t, nodes);
    const openAgain = async () => redisStore(url, settings());
    const open = () => Promise.all(admins.map((admin) => admin.flushall())).then(openAgain);
    storeContract(t, { runtime, open, reopen: openAgain, knowsChangesAgain: true, pass: runtime.sleep });
  });

  await t.test('what is so on Redis only', async (t) => {
    const store = redisStore(url, settings());
    t.teardown(() => store.close());
    await redisCases(t, { url, nodes: connectionsTo(t, nodes), store });
  });

  await t.test('tenants stand on all three masters, and are written side by side', async (t) => {
    const store = await emptyStore(t, { url, nodes });
    const load = writeTo(t, { store, scopes: scopes.flat(), writers });
    await load.more(100);
    await load.stop();
    await holdsExactly(t, store, load);
    for (const node of nodes) t.ok(Number(await askNode(node, 'DBSIZE')) > 0);
    t.equal(
      (await store.outbox('edge')!.depth()).entries,
      [...load.answered.values()].reduce((sum, { sent }) => sum + sent, 0),
    );
  });

  await t.test('one address of a node says that more must be named', async (t) => {
    const store = redisStore(`redis://127.0.0.1:${nodes[0]!.port}`, settings());
    await t.rejects(store.ping(), /name two of its nodes/);
    await store.close();
  });

  await t.test('a password is used for every node', async (t) => {
    const admins = connectionsTo(t, nodes);
    await Promise.all(admins.map((admin) => admin.config('SET', 'requirepass', 'pa,ss')));
    t.teardown(() => Promise.all(admins.map((admin) => admin.config('SET', 'requirepass', ''))));
    const store = redisStore(url.replace('//', '//:pa%2Css@'), settings());
    await store.ping();
    await store.close();
  });

  await t.test('a network that loses answers', async (t) => {
    for (const node of nodes) await askNode(node, 'FLUSHALL');
    const { proxies, url } = await proxied(t, nodes);
    const store = redisStore(url, settings());
    t.teardown(() => store.close());
    await store.ping();

    await t.test('a commit whose reply was lost is settled by asking again: made once, answered with its result', async (t) => {
      for (const [n, of] of scopes.entries()) {
        const lost = proxies[n]!.loseNextAnswer();
        t.strictSame(await store.commit(of[0], change()), { ok: true, sequence: 1, version: 1 });
        await lost;
        t.match(await store.range(of[0], 'none', { limit: 0 }), { sequence: 1 });
      }
    });

    await t.test('also when many were under way, on all masters', async (t) => {
      const load = writeTo(t, { store, scopes: scopes.map(([, second]) => second), writers });
      for (const proxy of proxies) {
        await load.more(20);
        await proxy.loseNextAnswer();
      }
      await load.more(20);
      await load.stop();
      await holdsExactly(t, store, load);
    });

    await t.test(
      'a master that does not answer any more makes nobody wait longer than 5 s, and those of the others not at all',
      async (t) => {
        proxies[0]!.hang();
        const before = runtime.now();
        const asked = Promise.allSettled([
          store.ping(),
          store.read(scopes[0][0], ['a']),
          store.commit(scopes[0][0], change()),
          store.range(scopes[0][0], 'i', { limit: 1 }),
          store.outbox('edge')!.depth(),
        ]);
        const others = writeTo(t, { store, scopes: scopes.slice(1).map(([first]) => first), writers: 4 });
        for (const answer of await asked)
          t.ok(answer.status === 'rejected' && answer.reason instanceof StoreUnavailable, String(answer.status));
        t.ok(runtime.now() - before < 5000, `${runtime.now() - before} ms`);
        await others.stop();
        for (const { refused, sent } of others.answered.values()) t.ok(refused === 0 && sent > 20, `${refused} of ${sent} refused`);
        await proxies[0]!.comeBack();
        await store.ping();
      },
    );

    await t.test('listeners hear again after each of the masters was away', async (t) => {
      for (const proxy of proxies) {
        await proxy.goDown();
        await proxy.comeBack();
        await store.ping();
        let heard = false;
        const stop = store.outbox('edge')!.onAppend((cell) => {
          heard ||= cell === cellOf('t0', 4);
        });
        while (!heard) {
          await store.commit('edge/t0', change({ expect: {} }));
          await runtime.sleep(5);
        }
        t.ok(heard);
        stop();
      }
    });
  });
});
