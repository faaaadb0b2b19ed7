import type { EventRecord } from '@claras/contracts/cloud-event';

/** Resolves when the records stand in the partition, in order. */
export type Append = (topic: string, partition: number, records: readonly EventRecord[]) => Promise<void>;

interface Call {
  left: number;
  resolve(): void;
  reject(error: unknown): void;
}
interface Lane {
  topic: string;
  partition: number;
  waiting: { record: EventRecord; call: Call }[];
  busy: boolean;
}

const mostRecords = 500;
const mostBytes = 512 * 1024;

/**
 * A queue for each partition, with one `send` of one partition under way. Both are needed: a kafkajs send over several partitions can
 * resolve with a part of it never written after a change of leader (tulios/kafkajs#1798), and two in flight can change places. What waits
 * is sent together. A failed send fails all that waits behind it, so that nothing overtakes a record whose caller tries again.
 */
export function kafkaLanes(send: Append): Append {
  const lanes = new Map<string, Lane>();

  function laneOf(topic: string, partition: number): Lane {
    const name = `${topic}/${partition}`;
    const lane = lanes.get(name) ?? { topic, partition, waiting: [], busy: false };
    lanes.set(name, lane);
    return lane;
  }

  async function drain(lane: Lane): Promise<void> {
    lane.busy = true;
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.splice(0, batchSize(lane.waiting));
      try {
        await send(
          lane.topic,
          lane.partition,
          batch.map(({ record }) => record),
        );
        for (const { call } of batch) if (--call.left === 0) call.resolve();
      } catch (error) {
        for (const { call } of [...batch, ...lane.waiting.splice(0)]) call.reject(error);
      }
    }
    lane.busy = false;
  }

  return (topic, partition, records) =>
    new Promise((resolve, reject) => {
      const lane = laneOf(topic, partition);
      const call = { left: records.length, resolve, reject };
      for (const record of records) lane.waiting.push({ record, call });
      if (!lane.busy) void drain(lane);
    });
}

function batchSize(waiting: Lane['waiting']): number {
  let size = 0;
  let bytes = 0;
  while (size < waiting.length && size < mostRecords) {
    bytes += Buffer.byteLength(waiting[size]!.record.value);
    if (size > 0 && bytes > mostBytes) break;
    size++;
  }
  return size;
}
