import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { kafkaUrl, startKafka, stopKafka } from '../../deploy/native/kafka.ts';
import { stopRedis } from '../../deploy/native/redis.ts';
import {
  redisClusterIsWhole,
  redisClusterUrl,
  startRedisCluster,
  startRedisNode,
  stopRedisCluster,
} from '../../deploy/native/redis-cluster.ts';
import { freePorts } from '../support/gateway.ts';
import { gatewayInStorms } from '../support/storm.ts';

/** Every service as its own process on a Redis cluster of three masters and real Kafka. */
const dir = mkdtempSync(join(tmpdir(), 'claras-cluster-'));
const redisDir = join(dir, 'redis');
const port = await freePorts(8);
const [redis, kafka] = await Promise.all([startRedisCluster(redisDir, 0), startKafka(join(dir, 'kafka'), 1)]);
const { storm, stop } = gatewayInStorms(t, { dir, port, storeUrl: redisClusterUrl(redis), busUrl: kafkaUrl(kafka) });
t.teardown(async () => {
  await stop();
  await Promise.all([stopKafka(kafka, 0), stopRedisCluster(redis, 0)]);
  rmSync(dir, { recursive: true, force: true });
});

t.test('kill -9 of each master in turn through an initial, a delta and a leave cycle: exact in the end', async (t) => {
  const killed = async (over: () => boolean) => {
    let times = 0;
    for (; !over(); times++) {
      const master = redis.nodes[times % 3]!;
      await stopRedis(master, 0);
      await sleep(500);
      await startRedisNode(redisDir, master);
      await redisClusterIsWhole(redis);
      await sleep(2000);
    }
    t.ok(times >= 3, `${times} kills`);
    return times;
  };
  await storm(t, 'Masters killed', killed, ['initial', 'delta', 'leave']);
});
