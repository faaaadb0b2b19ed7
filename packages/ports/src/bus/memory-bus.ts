import { cellOf } from '../cell.ts';
import type { Runtime } from '../runtime.ts';
import { type Bus, BusUnavailable, type Received } from './bus.ts';
import { inProcessReaders } from './in-process-readers.ts';

const mostRecords = 500;

/**
 * Bus in this process's memory, for tests and simulation: as deterministic as the runtime that it is given (it waits by `runtime.sleep`
 * only).
 */
export function memoryBus({ runtime }: { runtime: Runtime }): Bus {
  const topics = new Map<string, Received[][]>();
  /** Group, topic and partition → offset of the next record; -1 and nothing: none was committed. */
  const offsets = new Map<string, number>();

  const offsetKey = (group: string, topic: string, partition: number): string => `${group}\0${topic}\0${partition}`;
  const committed = (group: string, topic: string, partition: number): number => offsets.get(offsetKey(group, topic, partition)) ?? -1;

  function topicOf(name: string): Received[][] {
    const partitions = topics.get(name);
    if (!partitions) throw new BusUnavailable(`there is no topic ${name}`);
    return partitions;
  }

  const readers = inProcessReaders(
    {
      partitions: (topic) => topics.get(topic)?.length ?? 0,
      next(group, topic, partition) {
        const from = Math.max(0, committed(group, topic, partition));
        return topicOf(topic)
          [partition]!.slice(from, from + mostRecords)
          .map((record) => ({ ...record }));
      },
      async commit(group, topic, partition, offset) {
        offsets.set(offsetKey(group, topic, partition), offset);
      },
    },
    runtime,
  );

  return {
    settings: async () => [],
    async prepare(wanted) {
      for (const { name, partitions } of wanted) {
        const existing = topics.get(name);
        if (existing && existing.length !== partitions)
          throw new Error(`topic ${name} has ${existing.length} partitions, not ${partitions}: order would break`);
        if (!existing)
          topics.set(
            name,
            Array.from({ length: partitions }, () => []),
          );
      }
      readers.assignAll();
    },

    async publish(topic, records) {
      const partitions = topicOf(topic);
      for (const { key, value, headers } of records) {
        const log = partitions[cellOf(key, partitions.length)]!;
        log.push({ key, value, headers: { ...headers }, offset: String(log.length), time: runtime.now() });
      }
      for (const partition of partitions.keys()) readers.wake(topic, partition);
    },

    consume: async (subscription) => readers.consume(subscription),

    async lag(group, wanted) {
      return wanted.flatMap((topic) =>
        topicOf(topic).map((log, partition) => {
          const done = committed(group, topic, partition);
          const first = log[Math.max(0, done)];
          return {
            topic,
            partition,
            end: log.length,
            committed: done,
            lag: log.length - Math.max(0, done),
            ...(first ? { oldest: first.time } : {}),
          };
        }),
      );
    },

    async seek(group, topic, to) {
      if (readers.hasReaders(group)) throw new Error(`group ${group} has readers; it can be moved while it has none`);
      for (const [partition, log] of topicOf(topic).entries())
        offsets.set(offsetKey(group, topic, partition), to === 'beginning' ? 0 : log.length);
    },

    ping: async () => {},
    close: readers.close,
  };
}
