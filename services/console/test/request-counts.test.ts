import type { DirectoryEvent } from '@claras/contracts/events';
import { topicOfService } from '@claras/contracts/topics';
import { memoryStore } from '@claras/ports/store/memory-store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t from 'tap';
import { entryOf, type LogEntry, type RefusedEvent } from '../src/provisioning-log/entry.ts';
import { described, logScope, requestsKey } from '../src/provisioning-log/log-store.ts';
import { outcomeWriter } from '../src/provisioning-log/outcome-writer.ts';
import { type CountedRequests, requestCounts, withRequests } from '../src/provisioning-log/request-counts.ts';

const now = Date.parse('2026-11-27T08:30:00.000Z');
const since = '2026-11-26T09:00:00.000Z';

/** The entry of an event that a request caused, or, without one, that nobody's request did. */
function entry(sequence: number, time: string, request?: string): LogEntry {
  const caused = request ? { request, traceparent: `00-${String(sequence).padStart(32, '0')}-0-00` } : {};
  const event: DirectoryEvent = {
    ...{ tenant: 'acme', id: `acme:${sequence}`, sequence, time, subject: 'Users/ann', ...caused },
    ...{ type: 'user.created', data: { user: { id: 'ann', userName: 'ann@acme.example', active: true } } },
  };
  return entryOf(event, undefined);
}
const refused = (sequence: number, time: string, more?: number): RefusedEvent => ({
  ...{ tenant: 'acme', id: `acme:${sequence}`, sequence, time, subject: 'Users' },
  ...{ type: 'request.refused', data: { status: 409, detail: 'taken', key: 'k', after: 9, ...(more ? { more } : {}) } },
});

/** A provisioning log with these entries, read in batches of two, and what consumers and the edge told of. */
async function log(entries: readonly LogEntry[]) {
  const store = memoryStore({ cells: 4, topicOf: topicOfService, runtime });
  const scope = logScope('acme');
  let counted: CountedRequests | undefined;
  for (let n = 0; n < entries.length; n += 2) {
    const batch = entries.slice(n, n + 2);
    const change = described(batch, new Map());
    counted = withRequests(counted, batch);
    change.put[requestsKey] = counted;
    await store.commit(scope, { id: runtime.id(), time: 0, ...change });
  }
  const write = outcomeWriter({ store, runtime });
  const byRule = (sequence: number) =>
    write('acme', {
      ...{ tenant: 'acme', id: `s${sequence}`, sequence, time: since, subject: 'x', type: 'events.settled' },
      data: {
        consumer: 'profile-sync',
        through: sequence,
        results: [{ sequence, user: 'ann', facet: 'identity', outcome: 'refused', reason: 'no' }],
      },
    });
  return { byRule, write, counts: () => requestCounts(store, 'acme', now) };
}

t.test('requests are counted by what became of them, in the last 24 hours', async (t) => {
  const { byRule, write, counts } = await log([
    entry(1, '2026-11-26T08:59:59.999Z', 'POST /Users'),
    entry(2, since, 'POST /Users'),
    entry(3, '2026-11-27T08:00:00.000Z'),
    entry(4, '2026-11-27T08:10:00.000Z', 'POST /Users'),
    entry(5, '2026-11-27T08:20:00.000Z', 'POST /Users'),
  ]);
  t.strictSame(await counts(), { since, ok: 3, refused: 0 }, 'not what is older, nor what no request caused');
  await byRule(1);
  await byRule(3);
  await byRule(4);
  t.strictSame(await counts(), { since, ok: 2, refused: 1 }, 'what a rule refused is not fine, though the edge took it');
  await write('acme', refused(1, '2026-11-27T08:20:00.000Z'));
  await write('acme', refused(2, '2026-11-27T08:21:00.000Z', 4));
  t.strictSame(await counts(), { since, ok: 2, refused: 7 });
});

t.test('a request with several events is one', async (t) => {
  const events = [1, 2, 3, 4, 5].map((sequence) => ({
    ...entry(sequence, '2026-11-27T08:00:00.000Z', 'PATCH /Groups/g'),
    traceparent: sequence < 5 ? '00-a-0-00' : '00-b-0-00',
  }));
  const { byRule, counts } = await log(events);
  t.strictSame(await counts(), { since, ok: 2, refused: 0 });
  for (const sequence of [2, 3]) await byRule(sequence);
  t.strictSame(await counts(), { since, ok: 1, refused: 1 });
});

t.test('where very many were refused it is said that there are at least so many, and nothing of the others', async (t) => {
  const { write, counts } = await log([]);
  for (let n = 1; n <= 501; n++) await write('acme', refused(n, '2026-11-27T08:20:00.000Z'));
  t.strictSame(await counts(), { since, refused: 500 });
});

t.test('a tenant of whom nothing is known has none; hours that are over are forgotten', async (t) => {
  const { counts } = await log([]);
  t.strictSame(await counts(), { since, ok: 0, refused: 0 });
  const days = Array.from({ length: 100 }, (_, n) => entry(n + 1, new Date(now + n * 3_600_000).toISOString(), 'POST /Users'));
  t.equal(Object.keys(withRequests(undefined, days).hours).length, 24);
});
