import type { RecheckProgress, SeatRow } from '@claras/contracts/console-api';
import type { DirectoryFact, OutcomeEvent, OutcomeFact } from '@claras/contracts/events';
import { topics } from '@claras/contracts/topics';
import { type ConsumerParts, consumeEvents } from '@claras/service-kit/consumer';
import { consumerMetrics } from '@claras/service-kit/consumer-metrics';
import { editDocument } from '@claras/service-kit/edit-document';
import { pauseGate } from '@claras/service-kit/pause-gate';
import { createProblems } from '@claras/service-kit/problems';
import { readTopic } from '@claras/service-kit/topic-reader';
import { entryOf, type LogEntry, type RefusedEvent, refusedEntry, remembered, type Snapshot } from './entry.ts';
import {
  described,
  logScope,
  logService,
  mostSeatRows,
  place,
  progressKey,
  refusalDescribed,
  refusedIndex,
  refusedKey,
  refusedPlace,
  resultKey,
  resultMember,
  resultsIndex,
  type StoredResult,
  seatsIndex,
  seatsKey,
  sequenceAt,
  snapshotKey,
  type Through,
  throughKey,
  trimmed,
  userIndex,
} from './log-store.ts';

/** Those that work off the directory's events. */
export const consumers = topics.directory.readers.filter((name) => name !== logService);

type SeatsEvent = Extract<OutcomeEvent, { type: `seats.${string}` }>;

/** Keeps the provisioning log: each directory event, and beside it what each consumer did (M29). */
export async function provisioningLog(parts: ConsumerParts): Promise<{ close(): Promise<void> }> {
  const { store, runtime, metrics, health } = parts;
  const name = `${logService}-outcomes`;
  const measure = consumerMetrics(metrics, name, 'outcome');

  const events = await consumeEvents<DirectoryFact>({
    ...parts,
    name: logService,
    topic: 'directory',
    async handle({ scope, events: batch, settle }) {
      const subjects = [...new Set(batch.map(({ subject }) => subject))];
      const known = await store.read<Record<string, unknown>>(scope, subjects.map(snapshotKey));
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
      await settle(batch.at(-1)!.sequence, await trimmed(store, scope, entries.length, described(entries, changed)));
      return 'done';
    },
  });

  /** Told twice, it is written twice, and is the same. */
  async function take(tenant: string, event: OutcomeEvent): Promise<void> {
    const scope = logScope(tenant);
    if (event.type === 'recheck.progressed')
      return editDocument<RecheckProgress>(parts, scope, progressKey, (before) => {
        const same = before?.sequence === event.data.sequence;
        if (before && (before.sequence > event.data.sequence || (same && before.done > event.data.done))) return undefined;
        return {
          put: { [progressKey]: { ...event.data, began: same ? before.began : event.time, at: event.time } satisfies RecheckProgress },
        };
      });
    if (event.type === 'request.refused') return tellOfRefusal(tenant, event);
    if (event.type !== 'events.settled') return tellOfSeats(tenant, event);
    const { consumer, through, results } = event.data;
    return editDocument<Through>(parts, scope, throughKey(consumer), (before) => {
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

  /** Told twice, it stands there already. */
  async function tellOfRefusal(tenant: string, event: RefusedEvent): Promise<void> {
    const scope = logScope(tenant);
    const member = refusedPlace(event.data.after, event.sequence);
    const [known, told] = await store.read(scope, [snapshotKey(event.subject), refusedKey(member)]);
    if (told) return;
    const change = await refusalDescribed(store, scope, member, refusedEntry(event, known?.value as Snapshot));
    await store.commit(scope, { id: runtime.id(), time: runtime.now(), ...change });
  }

  /** The ledger behind the bill: a row for each answer of the billing system, each hold and each refusal. */
  async function tellOfSeats(tenant: string, event: SeatsEvent): Promise<void> {
    const { sequence } = event;
    const scope = logScope(tenant);
    const { members, total } = await store.range(scope, seatsIndex, { offset: mostSeatRows, limit: 100 });
    const index = { [seatsIndex]: { add: [place(sequence)], remove: total > mostSeatRows ? members : [] } };
    const remove = index[seatsIndex]!.remove.map((member) => seatsKey(sequenceAt(member)));
    await store.commit(scope, { id: runtime.id(), time: runtime.now(), put: { [seatsKey(sequence)]: rowOf(event) }, remove, index });
  }

  const problems = createProblems(health, name);
  const outcomes = await readTopic<OutcomeFact>({
    ...parts,
    name,
    topic: 'outcome',
    measure,
    problems,
    gate: pauseGate({ ...parts, name, measure, problems }),
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

function rowOf({ type, time: at, data }: SeatsEvent): SeatRow {
  const { quantity, version } = data;
  if (type === 'seats.refused') return { kind: 'refused', at, quantity, version, reason: `${data.kind}: ${data.reason}` };
  return { ...data, kind: type === 'seats.held' ? 'held' : 'billed', at };
}
