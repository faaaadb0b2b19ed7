import kafkajs, { type LogEntry } from 'kafkajs';
import type { Log } from '../log.ts';

const quietMs = 10_000;
const mostKnown = 200;

/**
 * Where kafkajs tells what it lives through. It calls errors what it goes on to mend by itself, so each of its levels counts one less here; and
 * it says one fault at each answer and each attempt, so what was just told is counted only: `before` stands in the next line of it.
 */
export function kafkaLog(log: Log, now: () => number): (entry: LogEntry) => void {
  const told = new Map<string, { at: number; since: number }>();

  return ({ level, log: { message, broker, groupId, error } }) => {
    const detail = { broker, groupId, error: error instanceof Error ? error.message : error };
    const key = JSON.stringify([message, detail]);
    const last = told.get(key);
    if (last && now() - last.at < quietMs) {
      last.since++;
      return;
    }
    if (told.size >= mostKnown) told.clear();
    told.set(key, { at: now(), since: 0 });
    const counted = last?.since ? { ...detail, before: last.since } : detail;
    if (level <= kafkajs.logLevel.ERROR) log.warn(counted, `kafkajs: ${message}`);
    else log.info(counted, `kafkajs: ${message}`);
  };
}
