import { backoff } from '../backoff.ts';
import { cellOf } from '../cell.ts';
import type { Runtime } from '../runtime.ts';
import { type Bus, BusUnavailable, type Consumer, type Received, type Subscription } from './bus.ts';

const mostRecords = 500;

interface Reader extends Subscription {
  closing: AbortController;
}
/** One partition as one group sees it. `busy` = a batch of it is in hand, at whichever reader. */
interface Lane {
  topic: string;
  partition: number;
  log: Received[];
  committed: number;
  failures: number;
  owner?: Reader | undefined;
  busy?: Promise<void> | undefined;
}
interface Group {
  readers: Reader[];
  lanes: Map<string, Lane>;
}

/**
 * Bus in this process's memory, for tests and simulation: as deterministic as the runtime that it is given (it waits by `runtime.sleep`
 * only). A partition that moves to another reader goes on there when the batch in hand is done.
 */
export function memoryBus({ runtime }: { runtime: Runtime }): Bus {
  const topics = new Map<string, Received[][]>();
  const groups = new Map<string, Group>();

  function topicOf(name: string): Received[][] {
    const partitions = topics.get(name);
    if (!partitions) throw new BusUnavailable(`there is no topic ${name}`);
    return partitions;
  }

  function groupOf(name: string): Group {
    const group = groups.get(name) ?? { readers: [], lanes: new Map() };
    groups.set(name, group);
    return group;
  }

  function lanesOf(group: Group, topic: string): Lane[] {
    return (topics.get(topic) ?? []).map((log, partition) => {
      const id = `${topic}/${partition}`;
      const lane = group.lanes.get(id) ?? { topic, partition, log, committed: -1, failures: 0 };
      group.lanes.set(id, lane);
      return lane;
    });
  }

  /** Partition i of a topic goes to reader i mod readers of that topic. */
  function assign(group: Group): void {
    const wanted = new Set(group.readers.flatMap((reader) => reader.topics));
    for (const topic of wanted) {
      const readers = group.readers.filter((reader) => reader.topics.includes(topic));
      for (const lane of lanesOf(group, topic)) {
        lane.owner = readers[lane.partition % readers.length];
        kick(lane);
      }
    }
    for (const lane of group.lanes.values()) if (!wanted.has(lane.topic)) lane.owner = undefined;
  }

  function share(group: Group): void {
    assign(group);
    for (const reader of group.readers) reader.onState?.('joined');
  }

  const pending = ({ log, committed }: Lane): number => log.length - Math.max(0, committed);

  function kick(lane: Lane): void {
    const { owner } = lane;
    if (lane.busy || !owner || owner.closing.signal.aborted || pending(lane) === 0) return;
    lane.busy = read(lane, owner).finally(() => {
      lane.busy = undefined;
      kick(lane);
    });
  }

  async function read(lane: Lane, reader: Reader): Promise<void> {
    const from = Math.max(0, lane.committed);
    const records = lane.log.slice(from, from + mostRecords);
    const { signal } = reader.closing;
    const alive = () => lane.owner === reader && !signal.aborted;
    try {
      // Never inside the caller's own step.
      await undefined;
      await reader.onBatch({ topic: lane.topic, partition: lane.partition, records: records.map((record) => ({ ...record })), alive });
      if (lane.owner !== reader) return;
      lane.committed = from + records.length;
      lane.failures = 0;
    } catch (error) {
      if (!alive()) return;
      reader.onState?.('failed', (error as Error).message);
      lane.failures++;
      await backoff(runtime, lane.failures, 2000, signal);
    }
  }

  async function leave(group: Group, reader: Reader): Promise<void> {
    if (!group.readers.includes(reader)) return;
    reader.closing.abort();
    await Promise.all([...group.lanes.values()].filter(({ owner }) => owner === reader).map(({ busy }) => busy));
    group.readers.splice(group.readers.indexOf(reader), 1);
    share(group);
  }

  return {
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
      for (const group of groups.values()) assign(group);
    },

    async publish(topic, records) {
      const partitions = topicOf(topic);
      for (const { key, value, headers } of records) {
        const log = partitions[cellOf(key, partitions.length)]!;
        log.push({ key, value, headers: { ...headers }, offset: String(log.length), time: runtime.now() });
      }
      for (const { lanes } of groups.values()) for (const lane of lanes.values()) if (lane.topic === topic) kick(lane);
    },

    async consume(subscription): Promise<Consumer> {
      const group = groupOf(subscription.group);
      const reader: Reader = { ...subscription, closing: new AbortController() };
      group.readers.push(reader);
      share(group);
      return { close: () => leave(group, reader) };
    },

    async lag(name, wanted) {
      const group = groupOf(name);
      return wanted.flatMap((topic) =>
        lanesOf(group, topicOf(topic) && topic).map((lane) => {
          const first = lane.log[Math.max(0, lane.committed)];
          return {
            topic,
            partition: lane.partition,
            end: lane.log.length,
            committed: lane.committed,
            lag: pending(lane),
            ...(first ? { oldest: first.time } : {}),
          };
        }),
      );
    },

    async seek(name, topic, to) {
      const group = groupOf(name);
      if (group.readers.length > 0) throw new Error(`group ${name} has readers; it can be moved while it has none`);
      topicOf(topic);
      for (const lane of lanesOf(group, topic)) lane.committed = to === 'beginning' ? 0 : lane.log.length;
    },

    ping: async () => {},
    async close() {
      for (const group of groups.values()) await Promise.all(group.readers.map((reader) => leave(group, reader)));
    },
  };
}
