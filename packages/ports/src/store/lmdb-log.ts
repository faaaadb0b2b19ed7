import type { EventRecord } from '@claras/contracts/cloud-event';
import type { Runtime } from '../runtime.ts';
import type { Tables } from './lmdb-tables.ts';

/** A record as it stands in the log. */
export interface LoggedRecord extends EventRecord {
  offset: number;
  /** Milliseconds since 1970 at which it was appended. */
  time: number;
}

/** A partition, and the offset of its next record. */
interface Lane {
  readonly topic: string;
  readonly partition: number;
  readonly prefix: string;
  end: number;
}

const mostBytes = 4 * 1024 * 1024;
const place = (offset: number): string => String(offset).padStart(16, '0');
const prefixOf = (topic: string, partition: number): string => `${topic}\0${partition}\0`;
const endOf = (topic: string, partition: number): string => `${topic}\0${partition}\x01`;
const within = (topic: string, partition: number) => ({ start: prefixOf(topic, partition), end: endOf(topic, partition) });
const offsetIn = (key: string): number => Number(key.slice(key.lastIndexOf('\0') + 1));

function decode(key: string, text: string): LoggedRecord {
  const headEnd = text.indexOf('\n');
  const [time, recordKey, headers] = JSON.parse(text.slice(0, headEnd)) as [number, string, Record<string, string>];
  return { key: recordKey, headers, value: text.slice(headEnd + 1), time, offset: offsetIn(key) };
}

/**
 * The partitioned log of the embedded bus, to which the store's commits append in their own transaction. The last record of a partition is
 * always kept: it says where the partition ends.
 */
export function lmdbLog({ log }: Tables, runtime: Runtime) {
  const topics = new Map<string, Lane[]>();
  const grown = new Set<Lane>();
  const listeners = new Set<(topic: string, partition: number) => void>();

  function laneOf(topic: string, partition: number): Lane {
    const known = topics.get(topic) ?? [];
    topics.set(topic, known);
    known[partition] ??= openLane(topic, partition);
    return known[partition];
  }

  function openLane(topic: string, partition: number): Lane {
    const prefix = prefixOf(topic, partition);
    const [last] = log.getKeys({ start: endOf(topic, partition), end: prefix, reverse: true, limit: 1 });
    return { topic, partition, prefix, end: last === undefined ? 0 : offsetIn(last) + 1 };
  }

  const end = (topic: string, partition: number): number => laneOf(topic, partition).end;

  function firstOf(topic: string, partition: number): LoggedRecord | undefined {
    const [first] = log.getRange({ ...within(topic, partition), limit: 1 });
    return first && decode(first.key, first.value);
  }

  /** Offset of a partition's first record that is still there. */
  function start(topic: string, partition: number): number {
    const [first] = log.getKeys({ ...within(topic, partition), limit: 1 });
    return first === undefined ? 0 : offsetIn(first);
  }

  return {
    end,
    /** In a transaction. */
    append(topic: string, partition: number, { key, headers, value }: EventRecord): void {
      const lane = laneOf(topic, partition);
      log.putSync(lane.prefix + place(lane.end), `${JSON.stringify([runtime.now(), key, headers])}\n${value}`);
      lane.end++;
      grown.add(lane);
    },
    /** Records from an offset on: at most `limit`, and about 4 MB of text. */
    read(topic: string, partition: number, from: number, limit: number): LoggedRecord[] {
      const records: LoggedRecord[] = [];
      let bytes = 0;
      for (const { key, value } of log.getRange({ start: prefixOf(topic, partition) + place(from), end: endOf(topic, partition), limit })) {
        records.push(decode(key, value));
        bytes += value.length;
        if (bytes >= mostBytes) break;
      }
      return records;
    },
    start,
    /** Whether a partition's first record was appended before `time` and may go. */
    hasExpired: (topic: string, partition: number, time: number): boolean => {
      const first = firstOf(topic, partition);
      return first !== undefined && first.time < time && first.offset < end(topic, partition) - 1;
    },
    /** Removes up to `most` records of a partition that were appended before `time`. In a transaction. */
    expire(topic: string, partition: number, time: number, most: number): void {
      const last = end(topic, partition) - 1;
      for (const { key, value } of [...log.getRange({ ...within(topic, partition), limit: most })]) {
        const { offset, time: appended } = decode(key, value);
        if (appended >= time || offset === last) return;
        log.removeSync(key);
      }
    },
    onAppend(listener: (topic: string, partition: number) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    settled(): void {
      for (const { topic, partition } of grown) for (const listener of listeners) listener(topic, partition);
      grown.clear();
    },
    forget(): void {
      topics.clear();
      grown.clear();
    },
  };
}
export type LmdbLog = ReturnType<typeof lmdbLog>;
