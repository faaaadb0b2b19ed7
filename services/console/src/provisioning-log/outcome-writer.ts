import type { RecheckProgress, SeatRow } from '@claras/contracts/console-api';
import type { OutcomeEvent } from '@claras/contracts/events';
import type { Durable } from '@claras/directory/transact';
import { editDocument } from '@claras/service-kit/edit-document';
import { type EdgeEvent, edgeEntry, type Snapshot } from './entry.ts';
import {
  logScope,
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
  userIndex,
} from './log-store.ts';

type SettledEvent = Extract<OutcomeEvent, { type: 'events.settled' }>;
type RecheckEvent = Extract<OutcomeEvent, { type: 'recheck.progressed' }>;
type SeatsEvent = Extract<OutcomeEvent, { type: `seats.${string}` }>;

/** Writes into the provisioning log what consumers and the edge tell. Told twice, it is written twice or stands there already, and is the same. */
export function outcomeWriter(durable: Durable) {
  const { store, runtime } = durable;

  const settled = (tenant: string, { time, data: { consumer, through, results } }: SettledEvent): Promise<void> =>
    editDocument<Through>(durable, logScope(tenant), throughKey(consumer), (before) => {
      const put: Record<string, unknown> = {};
      const index: Record<string, { add: string[] }> = {};
      function add(name: string, member: string): void {
        index[name] ??= { add: [] };
        index[name].add.push(member);
      }
      for (const { sequence, ...result } of results) {
        const member = resultMember(result);
        put[resultKey(sequence, member)] = { ...result, consumer, at: time } satisfies StoredResult;
        add(resultsIndex(sequence), member);
        add(userIndex(result.user), place(sequence));
        if (result.outcome === 'refused') add(refusedIndex, place(sequence));
      }
      if (through > (before?.sequence ?? 0)) put[throughKey(consumer)] = { sequence: through, at: time } satisfies Through;
      return Object.keys(put).length > 0 ? { put, index } : undefined;
    });

  const rechecked = (tenant: string, { time, data }: RecheckEvent): Promise<void> =>
    editDocument<RecheckProgress>(durable, logScope(tenant), progressKey, (before) => {
      const same = before?.sequence === data.sequence;
      if (before && (before.sequence > data.sequence || (same && before.done > data.done))) return undefined;
      return { put: { [progressKey]: { ...data, began: same ? before.began : time, at: time } satisfies RecheckProgress } };
    });

  async function toldByEdge(tenant: string, event: EdgeEvent): Promise<void> {
    const scope = logScope(tenant);
    const member = refusedPlace(event.data.after, event.sequence);
    const [known, told] = await store.read(scope, [snapshotKey(event.subject), refusedKey(member)]);
    if (told) return;
    const change = await refusalDescribed(store, scope, member, edgeEntry(event, known?.value as Snapshot));
    await store.commit(scope, { id: runtime.id(), time: runtime.now(), ...change });
  }

  /** The ledger behind the bill: a row for each answer of the billing system, each hold and each refusal. */
  async function billed(tenant: string, event: SeatsEvent): Promise<void> {
    const { sequence } = event;
    const scope = logScope(tenant);
    const { members, total } = await store.range(scope, seatsIndex, { offset: mostSeatRows, limit: 100 });
    const index = { [seatsIndex]: { add: [place(sequence)], remove: total > mostSeatRows ? members : [] } };
    const remove = index[seatsIndex]!.remove.map((member) => seatsKey(sequenceAt(member)));
    await store.commit(scope, { id: runtime.id(), time: runtime.now(), put: { [seatsKey(sequence)]: rowOf(event) }, remove, index });
  }

  return async (tenant: string, event: OutcomeEvent): Promise<void> => {
    switch (event.type) {
      case 'events.settled':
        return settled(tenant, event);
      case 'recheck.progressed':
        return rechecked(tenant, event);
      case 'request.refused':
      case 'request.ignored':
        return toldByEdge(tenant, event);
      case 'seats.billed':
      case 'seats.held':
      case 'seats.refused':
        return billed(tenant, event);
    }
  };
}

function rowOf({ type, time: at, data }: SeatsEvent): SeatRow {
  const { quantity, version } = data;
  if (type === 'seats.refused') return { kind: 'refused', at, quantity, version, reason: `${data.kind}: ${data.reason}` };
  return { ...data, kind: type === 'seats.held' ? 'held' : 'billed', at };
}
