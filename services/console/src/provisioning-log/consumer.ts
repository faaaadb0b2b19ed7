import type { DirectoryFact, OutcomeFact } from '@claras/contracts/events';
import { topics } from '@claras/contracts/topics';
import { unlessEnded } from '@claras/ports/store/store';
import { type ConsumerParts, consumeEvents } from '@claras/service-kit/consumer';
import { consumerMetrics } from '@claras/service-kit/consumer-metrics';
import { pauseGate } from '@claras/service-kit/pause-gate';
import { createProblems } from '@claras/service-kit/problems';
import { readTopic } from '@claras/service-kit/topic-reader';
import { entryOf, type LogEntry, remembered, type Snapshot } from './entry.ts';
import { described, logService, requestsKey, snapshotKey, trimmed } from './log-store.ts';
import { outcomeWriter } from './outcome-writer.ts';
import { type CountedRequests, withRequests } from './request-counts.ts';

/** Those that work off the directory's events. */
export const consumers = topics.directory.readers.filter((name) => name !== logService);

/** Keeps the provisioning log: each directory event, and beside it what each consumer did (M29). */
export async function provisioningLog(parts: ConsumerParts): Promise<{ close(): Promise<void> }> {
  const { store, metrics, health } = parts;
  const name = `${logService}-outcomes`;
  const measure = consumerMetrics(metrics, name, 'outcome');

  const events = await consumeEvents<DirectoryFact>({
    ...parts,
    name: logService,
    topic: 'directory',
    gathers: true,
    async handle({ scope, read, events: batch, settle }) {
      const subjects = [...new Set(batch.map(({ subject }) => subject))];
      const known = await read<Record<string, unknown>>([...subjects.map(snapshotKey), requestsKey]);
      const snapshots = new Map<string, Snapshot>(subjects.map((subject, n) => [subject, known[n]?.value]));
      const entries: LogEntry[] = [];
      const changed = new Map<string, Snapshot>();
      for (const event of batch) {
        entries.push(entryOf(event, snapshots.get(event.subject)));
        for (const [subject, after] of remembered(event)) {
          snapshots.set(subject, after);
          changed.set(subject, after);
        }
      }
      const change = described(entries, changed);
      change.put[requestsKey] = withRequests(known.at(-1)?.value as CountedRequests | undefined, entries);
      await settle(batch.at(-1)!.sequence, await trimmed(store, scope, entries.length, change));
      return 'done';
    },
  });

  const write = outcomeWriter(parts);
  const problems = createProblems(health, name);
  const outcomes = await readTopic<OutcomeFact>({
    ...parts,
    name,
    topic: 'outcome',
    gathers: true,
    standsAlone: true,
    checksData: true,
    measure,
    problems,
    gate: pauseGate({ ...parts, name, measure, problems }),
    async take(tenant, told) {
      // The log of a tenant that is erased has ended.
      for (const event of told) await write(tenant, event).catch(unlessEnded);
      measure.processed('applied', told.length);
    },
  });

  return {
    async close() {
      await Promise.all([events.close(), outcomes.close()]);
    },
  };
}
