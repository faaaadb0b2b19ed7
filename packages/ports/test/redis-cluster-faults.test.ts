import { StoreUnavailable } from '@claras/ports/store/store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t from 'tap';
import { redisClusterIsWhole } from '../../../deploy/native/redis-cluster.ts';
import { ownRedisCluster } from './own-redis.ts';
import { change } from './redis-cases.ts';
import { emptyStore, scopesByMaster, slotOf } from './redis-cluster-under-test.ts';
import { migrateSlot } from './slot-migration.ts';
import { holdsExactly, writeTo } from './store-load.ts';

const writers = 32;

t.test('a cluster of three masters', async (t) => {
  const cluster = await ownRedisCluster(t, { replicas: 0 });
  if (!cluster) return;
  const { url } = cluster;
  const { nodes } = cluster.state;
  const scopes = await scopesByMaster(nodes);

  await t.test(
    'kill -9 of a master under load, thrice: nothing is lost or torn, and the tenants of the others are never refused',
    async (t) => {
      const store = await emptyStore(t, { url, nodes });
      const load = writeTo(t, { store, scopes: scopes.flat(), writers });
      for (const killed of [0, 1, 2]) {
        await load.more(50);
        const others = scopes.flatMap((of, n) => (n === killed ? [] : of));
        const refusedBefore = others.map((scope) => load.answered.get(scope)!.refused);
        await cluster.kill(killed);
        await load.more(300, others);
        await t.rejects(store.ping(), /of 4 cells/, 'a cluster without one of its masters is not whole');
        t.strictSame(
          others.map((scope) => load.answered.get(scope)!.refused),
          refusedBefore,
          'not one commit of the others was refused',
        );
        await cluster.start(killed);
        await load.more(50);
        await redisClusterIsWhole(cluster.state);
      }
      await load.stop();
      await store.ping();
      await holdsExactly(t, store, load);
    },
  );

  await t.test('all masters killed: it comes back by itself, and hears of what is appended', async (t) => {
    const store = await emptyStore(t, { url, nodes });
    let heard = 0;
    store.outbox('edge')!.onAppend(() => heard++);
    await store.commit('edge/t1', change());
    await Promise.all([0, 1, 2].map(cluster.kill));
    const before = runtime.now();
    await Promise.all([
      t.rejects(store.commit('edge/t1', change({ expect: {} })), StoreUnavailable),
      t.rejects(store.range('edge/t1', 'i', { limit: 1 }), StoreUnavailable),
      t.rejects(store.outbox('edge')!.depth(), StoreUnavailable),
    ]);
    t.ok(runtime.now() - before < 5000, `${runtime.now() - before} ms`);
    await Promise.all([0, 1, 2].map(cluster.start));
    await redisClusterIsWhole(cluster.state);
    t.match(await store.commit('edge/t1', change({ expect: {} })), { ok: true, sequence: 2 });
    await store.ping();
    for (heard = 0; heard === 0; ) {
      await store.commit('edge/t1', change({ expect: {} }));
      await runtime.sleep(5);
    }
    t.ok(heard);
  });

  await t.test(
    'a slot moves to another master while its cell is written: nothing is lost or doubled, and it can be read all the time',
    async (t) => {
      const store = await emptyStore(t, { url, nodes });
      const [scope] = scopes[0];
      const [from, to] = [nodes[0]!, nodes[1]!];
      const slot = await slotOf(nodes, scope);
      const load = writeTo(t, { store, scopes: scopes.flat(), writers });
      await load.more(100);
      const looks: unknown[] = [];
      await migrateSlot({ nodes, slot, from, to }, async () => {
        looks.push((await store.read(scope, ['k0']))[0]?.value);
        await load.more(20, scopes[1]);
      });
      await load.more(100);
      await load.stop();
      await holdsExactly(t, store, load);
      t.ok(looks.length >= 4, `${looks.length} keys`);
      t.strictSame(new Set(looks), new Set(['k0']));
      await migrateSlot({ nodes, slot, from: to, to: from }, async () => {});
      await holdsExactly(t, store, load);
    },
  );

  await t.test('a slot moves to a master that dies before it has it: asking it for a key ends no process', async (t) => {
    const store = await emptyStore(t, { url, nodes });
    const [scope] = scopes[0];
    const [from, to] = [nodes[0]!, nodes[1]!];
    const slot = await slotOf(nodes, scope);
    const load = writeTo(t, { store, scopes: [scope], writers: 2 });
    await load.more(20);
    await load.stop();
    let killed = false;
    await migrateSlot({ nodes, slot, from, to }, async () => {
      if (killed) return;
      killed = true;
      await cluster.kill(1);
      await t.rejects(store.ping(), /of 4 cells/, 'it is asked for what has no key here');
      await cluster.start(1);
      await redisClusterIsWhole(cluster.state);
    });
    await holdsExactly(t, store, load);
    await migrateSlot({ nodes, slot, from: to, to: from }, async () => {});
  });
});
