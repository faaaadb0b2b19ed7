import { toRecord } from '@claras/contracts/cloud-event';
import type { DirectoryEvent } from '@claras/contracts/events';
import { topicOfService, topics } from '@claras/contracts/topics';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import { memoryStore } from '@claras/ports/store/memory-store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { deadLetters } from '@claras/service-kit/dead-letters';
import { createHealth } from '@claras/service-kit/health';
import { createMetrics } from '@claras/service-kit/metrics';
import t from 'tap';
import { virtualRuntime } from '../../../packages/ports/test/virtual-runtime.ts';
import { provisioningLog } from '../src/provisioning-log/consumer.ts';
import { entryOf, type RefusedEvent, remembered } from '../src/provisioning-log/entry.ts';
import { eraseFromLog } from '../src/provisioning-log/erase.ts';
import {
  described,
  entriesIndex,
  idOfPlace,
  logScope,
  mostEntries,
  mostRefusals,
  place,
  placeOfId,
  refusedPlace,
  type Through,
  throughKey,
  trimmed,
} from '../src/provisioning-log/log-store.ts';
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

t.test('who is erased is found by no userName any more, not by one of an entry that was trimmed', async (t) => {
  const store = memoryStore({ cells: 4, topicOf: topicOfService, runtime });
  const scope = logScope('acme');
  const commit = async (change: object) => t.ok((await store.commit(scope, { id: runtime.id(), time: 0, ...change })).ok);
  const names = ['first', 'second', 'last'];
  for (const [n, userName] of names.entries()) {
    const of = (id: string) => [`Users/${id}`, { id, userName: `${id}.${userName}`, active: true }] as const;
    await commit(described([], new Map([of('ann'), of('bob')])));
    const entry = {
      sequence: n + 1,
      time: '',
      type: 'user.updated' as const,
      subject: 'Users/ann',
      name: `ann.${userName}`,
      users: ['ann'],
      changes: [],
    };
    await commit(described([entry], new Map()));
  }
  const newer = Array.from({ length: mostEntries }, (_, n) => place(n + 10));
  await commit({ index: { [entriesIndex]: { add: newer } } });
  await commit(await trimmed(store, scope, 0, described([], new Map())));
  t.equal((await store.range(scope, 'user:ann', { limit: 0 })).total, 0);

  const erase = eraseFromLog({ store, runtime });
  t.equal(await erase('acme', 'ann.last', 'operator'), 'ann');
  const known = async (id: string) =>
    (
      await store.read(
        scope,
        names.map((name) => `name:${id}.${name}`),
      )
    ).filter(Boolean).length;
  t.strictSame([await known('ann'), await known('bob')], [0, 3]);
  t.strictSame((await store.read(scope, ['snapshot:Users/ann']))[0], undefined);
  await t.rejects(erase('acme', 'ann.last', 'operator'), { code: 'not-found' });
});

t.test('a refused request has the name of whom it is about, also where the edge was read before the directory', async (t) => {
  const durable = { store: memoryStore({ cells: 4, topicOf: topicOfService, runtime }), runtime };
  await outcomeWriter(durable)('acme', refused(1, 7));
  const { store } = durable;
  const [before] = (await readLog(store).page('acme', { limit: 1 })).items;
  t.equal(before?.name, undefined);
  const made: DirectoryEvent = {
    ...{ tenant: 'acme', id: 'acme:7', sequence: 7, time: new Date(0).toISOString(), subject: 'Users/ann' },
    ...{ type: 'user.created', data: { user: { id: 'ann', userName: 'ann@acme.example', active: true } } },
  };
  const change = described([entryOf(made, undefined)], new Map(remembered(made)));
  await store.commit(logScope('acme'), { id: runtime.id(), time: 0, ...change });
  t.match((await readLog(store).page('acme', { limit: 1 })).items, [{ type: 'request.refused', name: 'ann@acme.example' }]);
});

t.test('an outcome that says nothing is parked: its tenant’s others and those of all tenants beside it are written', async (t) => {
  const runtime = virtualRuntime(1);
  const bus = memoryBus({ runtime });
  await bus.prepare([topics.directory, topics.outcome].map(({ name }) => ({ name, partitions: 1 })));
  const store = memoryStore({ cells: 1, topicOf: topicOfService, runtime });
  const log = { info() {}, warn() {}, error() {} };
  const consumer = await provisioningLog({ store, bus, runtime, log, metrics: createMetrics('test'), health: createHealth() });
  const told = (tenant: string, through: number, data: object | null = { consumer: 'archiver', through, results: [] }) =>
    toRecord('outcome', 'archiver', tenant, through, {
      ...{ type: 'events.settled', subject: 'Consumers/archiver', time: new Date(0).toISOString() },
      data,
    });
  const result = { sequence: 2, user: 'u1', facet: 'role', outcome: 'applied', later: 'versions add this' };
  const strange = [{}, null, { results: [{ ...result, outcome: 1 }] }, { results: [{ ...result, sequence: 'x' }] }].map((data) =>
    told('acme', 2, data?.results ? { consumer: 'archiver', through: 2, ...data } : data),
  );
  await bus.publish(topics.outcome.name, [
    told('acme', 1),
    ...strange,
    told('acme', 3, { consumer: 'archiver', through: 3, results: [result] }),
    told('beta', 1),
  ]);
  let found: unknown;
  const wanted = { acme: 3, beta: 1, parked: 4 };
  const look = async () => {
    const through = async (id: string) => (await store.read<Through>(logScope(id), [throughKey('archiver')]))[0]?.value.sequence;
    const { total } = await deadLetters(store, runtime).list({ state: 'parked', consumer: 'provisioning-log-outcomes', limit: 10 });
    found = { acme: await through('acme'), beta: await through('beta'), parked: total };
  };
  await runtime.runUntil(() => {
    void look();
    return JSON.stringify(found) === JSON.stringify(wanted);
  });
  t.strictSame(found, wanted);
  let closed = false;
  const closing = consumer.close().then(() => {
    closed = true;
  });
  await runtime.runUntil(() => closed);
  await closing;
});
