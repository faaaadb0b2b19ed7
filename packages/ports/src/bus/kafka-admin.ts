import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { backoff } from '../backoff.ts';
import type { Runtime } from '../runtime.ts';
import { BusUnavailable, type PartitionLag, type TopicSetting } from './bus.ts';

const { ConfigResourceTypes, ConfigSource } = kafkajs;

const patience = 20_000;
const creations = 5;
const days = 24 * 3_600_000;
/** Retention and time as DECISIONS 1 and the Bus port say; records as large as the largest SCIM resource with room to spare. */
const topicConfig = {
  'cleanup.policy': 'delete',
  'retention.ms': String(30 * days),
  'message.timestamp.type': 'LogAppendTime',
  'max.message.bytes': String(4 * 1024 * 1024),
};

/** What is asked of the cluster rather than of a topic. One connection, made anew after a failure. */
export function kafkaAdmin(kafka: Kafka, runtime: Runtime) {
  let connected: Promise<Admin> | undefined;

  async function connect(): Promise<Admin> {
    const admin = kafka.admin();
    await admin.connect();
    return admin;
  }

  function drop(): Promise<void> {
    const admin = connected;
    connected = undefined;
    return admin?.then((it) => it.disconnect()).catch(() => {}) ?? Promise.resolve();
  }

  async function ask<T>(what: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    connected ??= connect();
    const answered = new AbortController();
    const late = runtime.sleep(patience, answered.signal).then(() => Promise.reject(new Error(`no answer in ${patience} ms`)));
    late.catch(() => {});
    try {
      return await Promise.race([connected.then(question), late]);
    } catch (error) {
      void drop();
      throw new BusUnavailable(`Kafka did not answer: ${what}`, { cause: error });
    } finally {
      answered.abort();
    }
  }

  /** Topic → its number of partitions, for those of the names that exist. */
  const partitionCounts = (names: readonly string[]) =>
    ask('partitions', async (admin) => {
      const existing = new Set(await admin.listTopics());
      const topics = names.filter((name) => existing.has(name));
      const metadata = topics.length > 0 ? (await admin.fetchTopicMetadata({ topics })).topics : [];
      return new Map(metadata.map((topic) => [topic.name, topic.partitions.length]));
    });

  /** A broker that has just started may refuse the first time, while its leaders are being chosen. */
  async function createTopics(topics: readonly { name: string; partitions: number }[]): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        return await createOnce(topics);
      } catch (error) {
        if (failures === creations) throw error;
        await backoff(runtime, failures, 2000);
      }
    }
  }

  const createOnce = (topics: readonly { name: string; partitions: number }[]) =>
    ask('create topics', async (admin) => {
      const configEntries = Object.entries(topicConfig).map(([name, value]) => ({ name, value }));
      // False where another process was first; -1 = the cluster's default.
      await admin.createTopics({
        waitForLeaders: true,
        topics: topics.map(({ name, partitions }) => ({ topic: name, numPartitions: partitions, replicationFactor: -1, configEntries })),
      });
    });

  const ends = (topic: string) =>
    ask('offsets', async (admin) => (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({ partition, low, high })));

  const lag = (group: string, topics: readonly string[]) =>
    ask('lag', async (admin) => {
      const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
      const offsets = new Map(committed.flatMap(({ topic, partitions }) => partitions.map((p) => [`${topic}/${p.partition}`, p.offset])));
      const lags = topics.map(async (topic) =>
        (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }): PartitionLag => {
          const done = Number(offsets.get(`${topic}/${partition}`) ?? -1);
          const end = Number(high);
          return { topic, partition, end, committed: done, lag: Math.max(0, end - Math.max(done, Number(low))) };
        }),
      );
      const found = (await Promise.all(lags)).flat();
      await Promise.all(
        topics.map((topic) =>
          tellAges(
            admin,
            topic,
            found.filter((one) => one.topic === topic && one.lag > 0),
          ),
        ),
      );
      return found;
    });

  /**
   * Since when the first record has waited: the log says which offset it had reached a second ago, two, four and so on, for all partitions at
   * once. So an age is right to a factor of two, and never more than the true one.
   */
  async function tellAges(admin: Admin, topic: string, waiting: PartitionLag[]): Promise<void> {
    const now = runtime.now();
    for (const one of waiting) one.oldest = now;
    for (let [age, left] = [1000, waiting]; left.length > 0 && age <= 30 * days; age *= 2) {
      const reached = new Map((await admin.fetchTopicOffsetsByTimestamp(topic, now - age)).map((at) => [at.partition, Number(at.offset)]));
      left = left.filter(({ partition, end, lag }) => end - lag < (reached.get(partition) ?? 0));
      for (const one of left) one.oldest = now - age;
    }
  }

  /** An acknowledged record stands on two brokers at least, where there are three. Settings of the topic's own that are none of ours stay. */
  const settings = (names: readonly string[], apply: boolean) =>
    ask('settings of topics', async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
      const type = ConfigResourceTypes.TOPIC;
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: names.map((name) => ({ type, name })) });
      const found: TopicSetting[] = [];
      for (const { resourceName: topic, configEntries } of resources) {
        const copies = Math.min(...(topics.find(({ name }) => name === topic)?.partitions ?? []).map(({ replicas }) => replicas.length));
        const wanted: Record<string, string> = { ...topicConfig, 'min.insync.replicas': copies >= 3 ? '2' : '1' };
        const is = new Map(configEntries.map(({ configName, configValue }) => [configName, configValue]));
        const wrong = Object.entries(wanted).filter(([name, value]) => is.get(name) !== value);
        found.push(...wrong.map(([setting, value]) => ({ topic, setting, is: is.get(setting) ?? '', wanted: value })));
        if (!apply || wrong.length === 0) continue;
        const own = configEntries.filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG);
        const all = { ...Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue])), ...wanted };
        const entries = Object.entries(all).map(([name, value]) => ({ name, value }));
        await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries: entries }] });
      }
      return found;
    });

  const isRunning = (group: string) =>
    ask('group', async (admin) => {
      const { groups } = await admin.describeGroups([group]);
      return !['Empty', 'Dead'].includes(groups[0]?.state ?? 'Dead');
    });

  const ping = () => ask('ping', async (admin) => void (await admin.describeCluster()));

  return { partitionCounts, createTopics, ends, lag, settings, isRunning, ping, close: drop };
}
