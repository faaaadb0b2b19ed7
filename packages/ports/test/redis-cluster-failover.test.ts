import type { Scope, Store } from '@claras/ports/store/store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t, { type Test } from 'tap';
import { until } from '../../../deploy/native/processes.ts';
import { askNode, type RedisNode, redisClusterIsWhole } from '../../../deploy/native/redis-cluster.ts';
import { ownRedisCluster } from './own-redis.ts';
import { emptyStore, scopesByMaster } from './redis-cluster-under-test.ts';
import { eventsOf, holdsExactly, writeTo } from './store-load.ts';

const writers = 32;

/** What a scope holds agrees with itself, whatever was lost of it: as many documents as stand in the index, one event for each. */
async function agreesWithItself(t: Test, store: Store, scope: Scope): Promise<string[]> {
  const { members, total } = await store.range(scope, 'all', { limit: 1_000_000 });
  t.notOk((await store.read(scope, members)).includes(undefined), 'a document for each');
  t.equal((await eventsOf(store)).filter(({ tenant }) => scope === `edge/${tenant}`).length, total, 'and an event');
  return members;
}

t.test('a cluster with a replica for each master', async (t) => {
  const cluster = await ownRedisCluster(t, { replicas: 1 });
  if (!cluster) return;
  const { url } = cluster;
  const { nodes } = cluster.state;
  const scopes = await scopesByMaster(nodes);
  const replicas = await Promise.all(
    nodes.slice(0, 3).map(async ({ port }) => {
      const following = await Promise.all(nodes.map((node) => askNode(node, 'INFO', 'replication')));
      return nodes[following.findIndex((role) => role.includes(`master_port:${port}\r`))]!;
    }),
  );
  const isMaster = async (node: RedisNode) => (await askNode(node, 'INFO', 'replication')).includes('role:master');

  await t.test('a replica takes over by hand (CLUSTER FAILOVER) under load: nothing is lost', async (t) => {
    const store = await emptyStore(t, { url, nodes: nodes.slice(0, 3) });
    const load = writeTo(t, { store, scopes: scopes.flat(), writers });
    await load.more(50);
    for (const to of [replicas[0]!, nodes[0]!]) {
      await askNode(to, 'CLUSTER', 'FAILOVER');
      await until('the other master', 30_000, () => isMaster(to));
      await load.more(50);
      await redisClusterIsWhole(cluster.state);
    }
    await load.stop();
    await holdsExactly(t, store, load);
  });

  await t.test(
    'a replica takes over from a master that was killed: the store goes on by itself; what was not copied yet is lost whole',
    async (t) => {
      const store = await emptyStore(t, { url, nodes: nodes.slice(0, 3) });
      // Not the first one: Redis 7 counts the votes of its replica's last election again for 10 s, and that master would be nobody's.
      const [killed, others] = [scopes[1], [scopes[0], scopes[2]].flat()];
      const load = writeTo(t, { store, scopes: scopes.flat(), writers });
      await load.more(100);
      await cluster.kill(1);
      const since = runtime.now();
      await load.more(20, killed);
      t.ok(runtime.now() - since < 60_000, `written again after ${runtime.now() - since} ms`);
      await load.stop();
      await store.ping();
      t.strictSame(
        others.map((scope) => load.answered.get(scope)!.refused),
        others.map(() => 0),
        'the others were never refused',
      );
      await holdsExactly(t, store, { ...load, answered: new Map(others.map((scope) => [scope, load.answered.get(scope)!])) });
      for (const scope of killed) {
        const there = new Set(await agreesWithItself(t, store, scope));
        const answered = [...load.answered.get(scope)!.sequences.keys()];
        t.comment(`${scope}: ${answered.filter((key) => !there.has(key)).length} of ${answered.length} acknowledged changes lost`);
      }
      await cluster.start(1);
      await redisClusterIsWhole(cluster.state);
      await store.ping();
    },
  );
});
