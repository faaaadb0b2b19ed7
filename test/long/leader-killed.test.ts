import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { topics } from '@claras/contracts/topics';
import { kafkaClient } from '@claras/ports/bus/kafka-client';
import { cellOf } from '@claras/ports/cell';
import t from 'tap';
import { kafkaUrl, startKafka, stopKafka } from '../../deploy/native/kafka.ts';
import { redisUrl, startRedis, stopRedis } from '../../deploy/native/redis.ts';
import { eventually, freePorts } from '../support/gateway.ts';
import { gatewayInStorms } from '../support/storm.ts';

/** Every service on a cluster of three brokers, each record on two of them at least before it counts as written. */
const dir = mkdtempSync(join(tmpdir(), 'claras-leader-'));
const port = await freePorts(8);
const [redis, cluster] = await Promise.all([startRedis(join(dir, 'redis')), startKafka(join(dir, 'kafka'), 3)]);
const { storm, stop } = gatewayInStorms(t, { dir, port, storeUrl: redisUrl(redis), busUrl: kafkaUrl(cluster) });
t.teardown(async () => {
  await stop();
  await Promise.all([stopKafka(cluster, 0), stopRedis(redis, 0)]);
  rmSync(dir, { recursive: true, force: true });
});

/** The broker that takes a tenant's records of a topic, each of which stands on three. */
async function leaderFor(topic: string, tenant: string) {
  const admin = kafkaClient(kafkaUrl(cluster), 'leader').admin();
  await admin.connect();
  try {
    // While another one is elected there is none.
    return await eventually(60_000, 'it has a leader', async () => {
      const [metadata] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics;
      const partition = metadata!.partitions.find(({ partitionId }) => partitionId === cellOf(tenant, metadata!.partitions.length))!;
      return partition.replicas.length === 3 ? cluster.brokers.find(({ id }) => id === partition.leader) : undefined;
    });
  } finally {
    await admin.disconnect();
  }
}

t.test('the leader of the partition that Entra’s requests go to is killed, away for 5 s and back, again and again', async (t) => {
  const killed: number[] = [];
  await storm(
    t,
    'Leader killed',
    async (over, tenant) => {
      for (const { name } of [topics.directory, topics.team, topics.directory]) {
        await sleep(1000);
        if (over()) break;
        const leader = await leaderFor(name, tenant);
        await stopKafka({ ...cluster, brokers: [leader] }, 0);
        killed.push(leader.id);
        await sleep(5000);
        await startKafka(join(dir, 'kafka'), 3, cluster);
      }
      return killed.length;
    },
    ['initial', 'delta', 'leave'],
    // However quick the machine is: the last cycle meets a second leader's death.
    async (cycle) => cycle === 'leave' && eventually(180_000, 'a second leader is killed', async () => killed.length >= 2 || undefined),
  );
  t.ok(killed.length >= 2, `killed: ${killed}`);
});
