import { type CoreChange, changesPerCall } from '@claras/contracts/core-app';
import type { ChangeResult, DirectoryFact } from '@claras/contracts/events';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import type { Log } from '@claras/ports/log';
import type { Metrics } from './metrics.ts';
import type { Turn } from './turn.ts';

/**
 * Sends the changes that follow from a turn's events to the core app, in order, in calls that it takes, each with the trace of its event; counts
 * what became of them and tells of the refused.
 */
export function coreChanges({ coreApp, log, metrics }: { coreApp: Pick<CoreApp, 'apply'>; log: Log; metrics: Metrics }) {
  const outcomes = metrics.counter('claras_core_changes_total', 'Changes for the core app by what became of them', ['facet', 'outcome']);

  return async (
    { tenant, events }: Pick<Turn<DirectoryFact>, 'tenant' | 'events'>,
    changes: readonly CoreChange[],
  ): Promise<ChangeResult[]> => {
    const traces = new Map(events.map(({ sequence, traceparent }) => [sequence, traceparent]));
    const traced = (change: CoreChange): CoreChange => {
      const traceparent = traces.get(change.sequence);
      return traceparent === undefined ? change : { ...change, traceparent };
    };
    const results: ChangeResult[] = [];
    for (let at = 0; at < changes.length; at += changesPerCall) {
      const part = changes.slice(at, at + changesPerCall).map(traced);
      const answers = await coreApp.apply(tenant, part);
      for (const [n, { facet, user, sequence }] of part.entries()) {
        const { outcome, reason } = answers[n]!;
        outcomes.inc({ facet, outcome });
        results.push({ sequence, user, facet, outcome, ...(reason === undefined ? {} : { reason }) });
        if (outcome === 'refused') log.warn({ tenant, user, facet, sequence, reason }, 'the core app refused a change');
      }
    }
    return results;
  };
}
export type SendChanges = ReturnType<typeof coreChanges>;
