import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { kafkaUrl, startKafka, stopKafka } from '../../deploy/native/kafka.ts';
import { redisRuns, stopRedis } from '../../deploy/native/redis.ts';
import {
  askNode,
  type RedisNode,
  redisClusterIsWhole,
  redisClusterUrl,
  startRedisCluster,
  startRedisNode,
  stopRedisCluster,
} from '../../deploy/native/redis-cluster.ts';
import { eventually, freePorts } from '../support/gateway.ts';
import type { CycleName } from '../support/provisioned.ts';
import { gatewayInStorms } from '../support/storm.ts';

/** Every service as its own process on a Redis cluster of three masters with a replica each, and real Kafka. */
const dir = mkdtempSync(join(tmpdir(), 'claras-cluster-'));
const redisDir = join(dir, 'redis');
const port = await freePorts(8);
const [redis, kafka] = await Promise.all([startRedisCluster(redisDir, 1), startKafka(join(dir, 'kafka'), 1)]);
const { storm, stop } = gatewayInStorms(t, { dir, port, storeUrl: redisClusterUrl(redis), busUrl: kafkaUrl(kafka) });
t.teardown(async () => {
  await stop();
  await Promise.all([stopKafka(kafka, 0), stopRedisCluster(redis, 0)]);
  rmSync(dir, { recursive: true, force: true });
});

/** Those that run. */
async function masters(): Promise<RedisNode[]> {
  const running = redis.nodes.filter(redisRuns);
  const roles = await Promise.all(running.map((node) => askNode(node, 'INFO', 'replication')));
  return running.filter((_, n) => roles[n]!.includes('role:master'));
}

t.test(
  'kill -9 of each master in turn, started again at once, through an initial, a delta and a leave cycle: exact in the end',
  async (t) => {
    let times = 0;
    const killed = async (over: () => boolean) => {
      for (; !over(); times++) {
        const master = (await masters())[times % 3]!;
        await stopRedis(master, 0);
        await sleep(500);
        await startRedisNode(redisDir, master);
        await redisClusterIsWhole(redis);
        await sleep(2000);
      }
      t.ok(times >= 3, `${times} kills`);
      return times;
    };
    // However quick the machine is: the last cycle meets a third death.
    const isDue = async (cycle: CycleName) =>
      cycle === 'leave' && eventually(120_000, 'two are killed', async () => times >= 2 || undefined);
    await storm(t, 'Masters killed', killed, ['initial', 'delta', 'leave'], isDue);
  },
);

t.test('a replica takes over from each master that is killed, which comes back as its replica: exact in the end', async (t) => {
  const replaced = async (over: () => boolean) => {
    let times = 0;
    for (const master of await masters()) {
      if (over()) break;
      await stopRedis(master, 0);
      await eventually(120_000, 'a replica is master', async () => ((await masters()).length === 3 ? true : undefined));
      await startRedisNode(redisDir, master);
      await redisClusterIsWhole(redis);
      times++;
    }
    t.ok(times >= 1, `${times} takeovers`);
    return times;
  };
  await storm(t, 'Masters replaced', replaced);
});
