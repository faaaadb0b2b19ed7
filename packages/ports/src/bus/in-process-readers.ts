import { backoff } from '../backoff.ts';
import type { Runtime } from '../runtime.ts';
import type { Consumer, Received, Subscription } from './bus.ts';

/** A log in this process, as its readers see it. */
export interface ReadableLog {
  /** 0 where there is no such topic. */
  partitions(topic: string): number;
  /** The records from the group's committed offset on, bounded; empty when there are none. */
  next(group: string, topic: string, partition: number): Received[];
  /** Durable when it resolves. */
  commit(group: string, topic: string, partition: number, offset: number): Promise<void>;
}

interface Reader extends Subscription {
  paused: boolean;
  closing: AbortController;
}
/** One partition as one group sees it. `busy`: a batch of it is in hand, at whichever reader. */
interface Lane {
  group: string;
  topic: string;
  partition: number;
  failures: number;
  owner?: Reader | undefined;
  busy?: Promise<void> | undefined;
}
interface Group {
  name: string;
  readers: Reader[];
  lanes: Map<string, Lane>;
}

/**
 * Shares the partitions of each topic among a group's readers and hands them batches, one of a partition at a time. A partition that moves to
 * another reader goes on there when the batch in hand is done.
 */
export function inProcessReaders(log: ReadableLog, runtime: Runtime) {
  const groups = new Map<string, Group>();

  function laneOf(group: Group, topic: string, partition: number): Lane {
    const id = `${topic}/${partition}`;
    const lane = group.lanes.get(id) ?? { group: group.name, topic, partition, failures: 0 };
    group.lanes.set(id, lane);
    return lane;
  }

  /** Partition i of a topic goes to reader i mod readers of that topic. */
  function assign(group: Group): void {
    for (const lane of group.lanes.values()) lane.owner = undefined;
    for (const topic of new Set(group.readers.flatMap((reader) => reader.topics))) {
      const readers = group.readers.filter((reader) => reader.topics.includes(topic));
      for (let partition = 0; partition < log.partitions(topic); partition++) {
        const lane = laneOf(group, topic, partition);
        lane.owner = readers[partition % readers.length];
        kick(lane);
      }
    }
  }

  function share(group: Group): void {
    assign(group);
    for (const reader of group.readers) reader.onState?.('joined');
  }

  function kick(lane: Lane): void {
    const { owner } = lane;
    if (lane.busy || !owner || owner.paused || owner.closing.signal.aborted) return;
    const records = log.next(lane.group, lane.topic, lane.partition);
    if (records.length === 0) return;
    lane.busy = hand(records, lane, owner).finally(() => {
      lane.busy = undefined;
      kick(lane);
    });
  }

  async function hand(records: Received[], lane: Lane, reader: Reader): Promise<void> {
    const { group, topic, partition } = lane;
    const { signal } = reader.closing;
    const alive = () => lane.owner === reader && !signal.aborted;
    try {
      // Never inside the publisher's own step.
      await undefined;
      await reader.onBatch({ topic, partition, records, alive });
      if (lane.owner !== reader) return;
      await log.commit(group, topic, partition, Number(records.at(-1)!.offset) + 1);
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
    consume(subscription: Subscription): Consumer {
      const { group: name } = subscription;
      const group: Group = groups.get(name) ?? { name, readers: [], lanes: new Map() };
      groups.set(name, group);
      const reader: Reader = { paused: false, ...subscription, closing: new AbortController() };
      group.readers.push(reader);
      share(group);
      return {
        pause() {
          reader.paused = true;
        },
        resume() {
          reader.paused = false;
          for (const lane of group.lanes.values()) if (lane.owner === reader) kick(lane);
        },
        close: () => leave(group, reader),
      };
    },
    /** Something was appended. */
    wake(topic: string, partition: number): void {
      for (const { lanes } of groups.values()) {
        const lane = lanes.get(`${topic}/${partition}`);
        if (lane) kick(lane);
      }
    },
    /** A topic came to be. */
    assignAll(): void {
      for (const group of groups.values()) assign(group);
    },
    hasReaders: (group: string): boolean => (groups.get(group)?.readers.length ?? 0) > 0,
    async close(): Promise<void> {
      for (const group of groups.values()) await Promise.all([...group.readers].map((reader) => leave(group, reader)));
    },
  };
}
