import type { EventRecord } from '@claras/contracts/cloud-event';
import type { Runtime } from '../runtime.ts';
import type { Tables } from './lmdb-tables.ts';

/** A record as it stands in the log. */
export interface LoggedRecord extends EventRecord {
  offset: number;
  /** Milliseconds since 1970 at which it was appended. */
  time: number;
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
  /** Partition → offset of its next record. */
  const ends = new Map<string, number>();
  const grown = new Map<string, { topic: string; partition: number }>();
  const listeners = new Set<(topic: string, partition: number) => void>();

  function end(topic: string, partition: number): number {
    const prefix = prefixOf(topic, partition);
    const known = ends.get(prefix);
    if (known !== undefined) return known;
    const [last] = log.getKeys({ start: endOf(topic, partition), end: prefix, reverse: true, limit: 1 });
    const next = last === undefined ? 0 : offsetIn(last) + 1;
    ends.set(prefix, next);
    return next;
  }

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
      const offset = end(topic, partition);
      const prefix = prefixOf(topic, partition);
      log.putSync(prefix + place(offset), `${JSON.stringify([runtime.now(), key, headers])}\n${value}`);
      ends.set(prefix, offset + 1);
      grown.set(prefix, { topic, partition });
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
      for (const { topic, partition } of grown.values()) for (const listener of listeners) listener(topic, partition);
      grown.clear();
    },
    forget(): void {
      ends.clear();
      grown.clear();
    },
  };
}
export type LmdbLog = ReturnType<typeof lmdbLog>;
