import type { DirectoryFact, OutcomeEvent, OutcomeFact } from '@claras/contracts/events';
import { topics } from '@claras/contracts/topics';
import { type ConsumerParts, consumeEvents } from '@claras/service-kit/consumer';
import { consumerMetrics } from '@claras/service-kit/consumer-metrics';
import { createProblems } from '@claras/service-kit/problems';
import { readTopic } from '@claras/service-kit/topic-reader';
import { entryOf, type LogEntry, remembered, type Snapshot } from './entry.ts';
import {
  described,
  edited,
  logScope,
  logService,
  type Progress,
  place,
  progressKey,
  refusedIndex,
  resultKey,
  resultMember,
  resultsIndex,
  type StoredResult,
  snapshotKey,
  type Through,
  throughKey,
  trimmed,
  userIndex,
} from './log-store.ts';

export const consumers = topics.outcome.producers;

/** Keeps the provisioning log: each directory event, and beside it what each consumer did (M29). */
export async function provisioningLog(parts: ConsumerParts): Promise<{ close(): Promise<void> }> {
  const { store, metrics, health } = parts;
  const name = `${logService}-outcomes`;
  const measure = consumerMetrics(metrics, name, 'outcome');

  const events = await consumeEvents<DirectoryFact>({
    ...parts,
    name: logService,
    topic: 'directory',
    async handle({ scope, events: batch, settle }) {
      const subjects = [...new Set(batch.flatMap((event) => remembered(event) ?? []))];
      const known = await store.read<Record<string, unknown>>(scope, subjects.map(snapshotKey));
      const snapshots = new Map<string, Snapshot>(subjects.map((subject, n) => [subject, known[n]?.value]));
      const entries: LogEntry[] = [];
      for (const event of batch) {
        const subject = remembered(event);
        const { entry, after } = entryOf(event, snapshots.get(event.subject));
        entries.push(entry);
        if (subject !== undefined) snapshots.set(subject, after);
      }
      await settle(batch.at(-1)!.sequence, await trimmed(store, scope, entries.length, described(entries, snapshots)));
      return 'done';
    },
  });

  /** Told twice, it is written twice, and is the same. */
  async function take(tenant: string, event: OutcomeEvent): Promise<void> {
    const scope = logScope(tenant);
    if (event.type === 'recheck.progressed')
      return edited<Progress>(parts, scope, progressKey, (before) => {
        const same = before?.sequence === event.data.sequence;
        if (before && (before.sequence > event.data.sequence || (same && before.done > event.data.done))) return undefined;
        return { put: { [progressKey]: { ...event.data, began: same ? before.began : event.time, at: event.time } satisfies Progress } };
      });
    const { consumer, through, results } = event.data;
    return edited<Through>(parts, scope, throughKey(consumer), (before) => {
      const put: Record<string, unknown> = {};
      const index: Record<string, { add: string[] }> = {};
      function add(name: string, member: string): void {
        index[name] ??= { add: [] };
        index[name].add.push(member);
      }
      for (const { sequence, ...result } of results) {
        const member = resultMember(result);
        put[resultKey(sequence, member)] = { ...result, consumer, at: event.time } satisfies StoredResult;
        add(resultsIndex(sequence), member);
        add(userIndex(result.user), place(sequence));
        if (result.outcome === 'refused') add(refusedIndex, place(sequence));
      }
      if (through > (before?.sequence ?? 0)) put[throughKey(consumer)] = { sequence: through, at: event.time } satisfies Through;
      return Object.keys(put).length > 0 ? { put, index } : undefined;
    });
  }

  const outcomes = await readTopic<OutcomeFact>({
    ...parts,
    name,
    topic: 'outcome',
    measure,
    problems: createProblems(health, name),
    async take(tenant, told) {
      for (const event of told) await take(tenant, event);
      measure.processed('applied', told.length);
    },
  });

  return {
    async close() {
      await Promise.all([events.close(), outcomes.close()]);
    },
  };
}
