import { cellOf } from '../cell.ts';
import type { Runtime } from '../runtime.ts';
import type { LmdbEnvironment } from '../store/lmdb-environment.ts';
import type { LoggedRecord } from '../store/lmdb-log.ts';
import { type Bus, BusUnavailable, type Received } from './bus.ts';
import { inProcessReaders } from './in-process-readers.ts';

const mostRecords = 500;
const hours = 3_600_000;
/** As in Kafka (DECISIONS 1). */
const retentionMs = 30 * 24 * hours;
const sweepPauseMs = 50;
const mostSwept = 200;

const received = ({ key, value, headers, offset, time }: LoggedRecord): Received => ({ key, value, headers, offset: String(offset), time });
const partitionsFact = (topic: string): string => `partitions\0${topic}`;

/**
 * Bus in one file of this process, the store's: what a commit appends stands in its log in the same step, and readers in this process get it
 * at once. A group's offsets are kept beside the log. Closing it leaves the environment open.
 */
export function embeddedBus(environment: LmdbEnvironment, { runtime }: { runtime: Runtime }): Bus {
  const { log, tables, write, assertOpen } = environment;
  const { facts, offsets } = tables;
  const closing = new AbortController();

  const offsetKey = (group: string, topic: string, partition: number): string => `${group}\0${topic}\0${partition}`;
  const partitionsOf = (topic: string): number => Number(facts.get(partitionsFact(topic)) ?? 0);
  const committed = (group: string, topic: string, partition: number): number =>
    Number(offsets.get(offsetKey(group, topic, partition)) ?? -1);

  function each<T>(topic: string, visit: (partition: number) => T): T[] {
    assertOpen();
    const partitions = partitionsOf(topic);
    if (partitions === 0) throw new BusUnavailable(`there is no topic ${topic}`);
    return Array.from({ length: partitions }, (_, partition) => visit(partition));
  }

  const readers = inProcessReaders(
    {
      partitions: partitionsOf,
      next(group, topic, partition) {
        const from = Math.max(0, committed(group, topic, partition));
        return from >= log.end(topic, partition) ? [] : log.read(topic, partition, from, mostRecords).map(received);
      },
      commit: (group, topic, partition, offset) => write(() => void offsets.putSync(offsetKey(group, topic, partition), String(offset))),
    },
    runtime,
  );
  const unsubscribe = log.onAppend(readers.wake);
  const retaining = retain().catch(() => {});

  /** Removes what is older than the retention, in small steps with pauses, once an hour. */
  async function retain(): Promise<void> {
    while (!closing.signal.aborted) {
      const topics = [...facts.getKeys({ start: partitionsFact(''), end: 'partitions\x01' })].map((key) =>
        key.slice(partitionsFact('').length),
      );
      for (const topic of topics) for (let partition = 0; partition < partitionsOf(topic); partition++) await expire(topic, partition);
      await runtime.sleep(hours, closing.signal);
    }
  }

  async function expire(topic: string, partition: number): Promise<void> {
    const before = runtime.now() - retentionMs;
    while (!closing.signal.aborted && log.hasExpired(topic, partition, before)) {
      await write(() => log.expire(topic, partition, before, mostSwept));
      await runtime.sleep(sweepPauseMs, closing.signal);
    }
  }

  return {
    settings: async () => [],
    async prepare(topics) {
      await write(() => {
        for (const { name, partitions } of topics) {
          const existing = partitionsOf(name);
          if (existing > 0 && existing !== partitions)
            throw new Error(`topic ${name} has ${existing} partitions, not ${partitions}: order would break`);
          facts.putSync(partitionsFact(name), String(partitions));
        }
      });
      readers.assignAll();
    },

    async publish(topic, records) {
      await write(() => {
        const partitions = partitionsOf(topic);
        if (partitions === 0) throw new BusUnavailable(`there is no topic ${topic}`);
        for (const record of records) log.append(topic, cellOf(record.key, partitions), record);
      });
    },

    async consume(subscription) {
      assertOpen();
      return readers.consume(subscription);
    },

    async lag(group, topics) {
      return topics.flatMap((topic) =>
        each(topic, (partition) => {
          const done = committed(group, topic, partition);
          const end = log.end(topic, partition);
          const lag = end - Math.max(done, log.start(topic, partition));
          const [oldest] = lag > 0 ? log.read(topic, partition, Math.max(0, done), 1) : [];
          return { topic, partition, end, committed: done, lag, ...(oldest ? { oldest: oldest.time } : {}) };
        }),
      );
    },

    async seek(group, topic, to) {
      if (readers.hasReaders(group)) throw new Error(`group ${group} has readers; it can be moved while it has none`);
      await write(() =>
        each(topic, (partition) => {
          const offset = to === 'beginning' ? log.start(topic, partition) : log.end(topic, partition);
          offsets.putSync(offsetKey(group, topic, partition), String(offset));
        }),
      );
    },

    ping: async () => assertOpen(),
    async close() {
      closing.abort();
      unsubscribe();
      await readers.close();
      await retaining;
    },
  };
}
