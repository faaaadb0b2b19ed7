import type { DirectoryEvent } from '@claras/contracts/events';
import { topicOfService } from '@claras/contracts/topics';
import { memoryStore } from '@claras/ports/store/memory-store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t from 'tap';
import { entryOf, type RefusedEvent, remembered } from '../src/provisioning-log/entry.ts';
import { described, idOfPlace, logScope, mostRefusals, place, placeOfId, refusedPlace } from '../src/provisioning-log/log-store.ts';
import { outcomeWriter } from '../src/provisioning-log/outcome-writer.ts';
import { readLog } from '../src/provisioning-log/read-log.ts';

const refused = (sequence: number, after: number): RefusedEvent => ({
  ...{ tenant: 'acme', id: `acme:${sequence}`, sequence, time: new Date(sequence).toISOString(), subject: 'Users/ann' },
  type: 'request.refused',
  data: { status: 404, detail: 'There is no user with this id.', key: 'k', after },
});

t.test(
  'a refused request stands behind the event that it came behind, and before the next one; its id leads back to its place',
  async (t) => {
    const newestFirst = [place(18), refusedPlace(17, 4), refusedPlace(17, 3), place(17), refusedPlace(0, 1)];
    t.strictSame([...newestFirst].sort(), newestFirst);
    t.strictSame(newestFirst.map(idOfPlace), ['18', '17r4', '17r3', '17', '0r1']);
    t.strictSame(newestFirst.map(idOfPlace).map(placeOfId), newestFirst);
  },
);

t.test('of refused requests the newest 2,000 are kept; one that is told twice stands there once', async (t) => {
  const durable = { store: memoryStore({ cells: 4, topicOf: topicOfService, runtime }), runtime };
  const write = outcomeWriter(durable);
  const many = mostRefusals + 5;
  for (let n = 1; n <= many; n++) for (const event of [refused(n, 7), refused(n, 7)]) await write('acme', event);
  for (const index of ['entries', 'refused', 'refusals', 'user:ann'])
    t.equal((await durable.store.range(logScope('acme'), index, { limit: 0 })).total, mostRefusals, index);
  const { items } = await readLog(durable.store).page('acme', { limit: 1 });
  t.match(items, [{ id: `7r${many}`, type: 'request.refused', refused: { status: 404, key: 'k' }, consumers: [], results: [] }]);
  const [gone] = await durable.store.read(logScope('acme'), [`refused:${refusedPlace(7, 5)}`]);
  t.equal(gone, undefined);
});

t.test('whom a snapshot named is found by userName', async (t) => {
  const store = memoryStore({ cells: 4, topicOf: topicOfService, runtime });
  const part: DirectoryEvent = {
    ...{ tenant: 'acme', id: 'acme:7', sequence: 7, time: new Date(0).toISOString(), subject: 'Snapshots/s' },
    type: 'snapshot.users',
    data: {
      users: [
        { id: 'ann', userName: 'Ann@acme.example', active: true },
        { id: 'long', userName: '𝔵'.repeat(2000), active: true },
      ],
    },
  };
  const change = described([entryOf(part, undefined)], new Map(remembered(part)));
  await store.commit(logScope('acme'), { id: runtime.id(), time: 0, ...change });
  t.match(await readLog(store).page('acme', { limit: 1, user: 'ann@acme.example' }), { items: [{ id: '7' }] });
  t.match(await readLog(store).page('acme', { limit: 1, user: '𝔵'.repeat(2000) }), { items: [{ id: '7' }] }, 'whatever its length');
});
