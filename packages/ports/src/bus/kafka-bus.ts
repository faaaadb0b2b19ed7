import type { Kafka } from 'kafkajs';
import { atMost } from '../at-most.ts';
import { cellOf } from '../cell.ts';
import type { Log } from '../log.ts';
import type { Runtime } from '../runtime.ts';
import { type Bus, BusUnavailable, type Consumer } from './bus.ts';
import { kafkaAdmin } from './kafka-admin.ts';
import { kafkaClient } from './kafka-client.ts';
import { kafkaLanes } from './kafka-lanes.ts';
import { kafkaProducer } from './kafka-producer.ts';
import { kafkaReader } from './kafka-reader.ts';

/**
 * Bus on Apache Kafka, at a URL as in kafka-url.ts. Connects when first used, so it can be made while Kafka is down. What Kafka does not
 * answer in time rejects with {@link BusUnavailable}; readers wait and go on by themselves.
 */
export function kafkaBus(url: string, { clientId, runtime, log }: { clientId: string; runtime: Runtime; log?: Log }): Bus {
  const kafka = kafkaClient(url, clientId, log);
  const admin = kafkaAdmin(kafka, runtime);
  const producer = kafkaProducer(kafka);
  const append = kafkaLanes(producer.send);
  const partitionsOf = new Map<string, number>();
  const readers = new Set<Consumer>();

  async function partitionCount(topic: string): Promise<number> {
    const known = partitionsOf.get(topic) ?? (await admin.partitionCounts([topic])).get(topic);
    if (known === undefined) throw new BusUnavailable(`there is no topic ${topic}`);
    partitionsOf.set(topic, known);
    return known;
  }

  return {
    async prepare(topics) {
      const names = topics.map(({ name }) => name);
      const existing = await admin.partitionCounts(names);
      const missing = topics.filter(({ name }) => !existing.has(name));
      if (missing.length > 0) await admin.createTopics(missing);
      const counts = missing.length > 0 ? await admin.partitionCounts(names) : existing;
      for (const { name, partitions } of topics) {
        const count = counts.get(name);
        if (count === undefined) throw new BusUnavailable(`topic ${name} was not created`);
        if (count !== partitions) throw new Error(`topic ${name} has ${count} partitions, not ${partitions}: order would break`);
        partitionsOf.set(name, count);
      }
    },

    async publish(topic, records) {
      const partitions = await partitionCount(topic);
      const byPartition = Map.groupBy(records, ({ key }) => cellOf(key, partitions));
      await Promise.all([...byPartition].map(([partition, those]) => append(topic, partition, those)));
    },

    async consume(subscription) {
      const reader = kafkaReader(kafka, subscription, runtime);
      readers.add(reader);
      return reader;
    },
    lag: admin.lag,
    settings: admin.settings,

    async seek(group, topic, to) {
      if (await admin.isRunning(group)) throw new Error(`group ${group} has readers; it can be moved while it has none`);
      const offsets = (await admin.ends(topic)).map(({ partition, low, high }) => ({
        topic,
        partition,
        offset: to === 'beginning' ? low : high,
      }));
      await commitAlone(kafka, group, topic, offsets);
    },

    ping: admin.ping,
    async close() {
      await Promise.all([...readers].map((reader) => reader.close()));
      await atMost(5000, Promise.all([producer.close(), admin.close()]), runtime);
    },
  };
}

/** Commits offsets as the group's only member, then leaves. (kafkajs' own setOffsets needs 5 s and a request for each partition.) */
async function commitAlone(kafka: Kafka, group: string, topic: string, offsets: { topic: string; partition: number; offset: string }[]) {
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 50, allowAutoTopicCreation: false });
  const joined = Promise.withResolvers<void>();
  consumer.on('consumer.group_join', () => joined.resolve());
  consumer.on('consumer.crash', ({ payload }) => joined.reject(payload.error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} });
    await joined.promise;
    await consumer.commitOffsets(offsets);
  } catch (error) {
    throw new BusUnavailable(`Kafka did not move group ${group}`, { cause: error });
  } finally {
    await consumer.disconnect().catch(() => {});
  }
}
