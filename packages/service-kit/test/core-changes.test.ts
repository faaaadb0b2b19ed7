import type { CoreChange } from '@claras/contracts/core-app';
import type { DirectoryEvent } from '@claras/contracts/events';
import t from 'tap';
import { coreChanges } from '../src/core-changes.ts';
import { createMetrics } from '../src/metrics.ts';

const log = { info() {}, warn() {}, error() {} };

t.test('M29 each change takes the trace of its event to the core app, whichever call it goes in', async (t) => {
  const calls: (readonly CoreChange[])[] = [];
  const coreApp = {
    async apply(_: string, changes: readonly CoreChange[]) {
      calls.push(changes);
      return changes.map(() => ({ outcome: 'applied' as const }));
    },
  };
  const send = coreChanges({ coreApp, log, metrics: createMetrics('test') });
  const traceOf = (sequence: number) => `00-${String(sequence).padStart(32, 'a')}-${'b'.repeat(16)}-01`;
  const event = (sequence: number): DirectoryEvent => ({
    ...{ id: `acme:${sequence}`, tenant: 'acme', sequence, time: '2026-01-31T09:00:00Z', subject: `Users/${sequence}` },
    ...{ type: 'user.deleted', data: { id: `${sequence}`, userName: 'a' } },
    ...(sequence % 2 ? { traceparent: traceOf(sequence) } : {}),
  });
  const sequences = Array.from({ length: 600 }, (_, n) => n + 1);
  const changes = sequences.map((sequence): CoreChange => ({ facet: 'removal', user: `${sequence}`, sequence }));
  const results = await send({ tenant: 'acme', events: sequences.map(event) }, changes);
  t.strictSame(
    calls.map(({ length }) => length),
    [500, 100],
  );
  for (const { sequence, traceparent } of calls.flat()) t.equal(traceparent, sequence % 2 ? traceOf(sequence) : undefined);
  t.strictSame(
    results.map(({ sequence }) => sequence),
    sequences,
  );
});
