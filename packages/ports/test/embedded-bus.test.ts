import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busContract } from '@claras/ports/bus/bus.contract';
import { embeddedBus } from '@claras/ports/bus/embedded-bus';
import { cellOf } from '@claras/ports/cell';
import { lmdbEnvironment } from '@claras/ports/store/lmdb-environment';
import { lmdbStore } from '@claras/ports/store/lmdb-store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t, { type Test } from 'tap';
import { virtualRuntime } from './virtual-runtime.ts';

const settings = { cells: 4, topicOf: { edge: 'directory' as const }, runtime };
const topic = 'claras.directory.v1';

function folder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'claras-bus-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

t.test('embedded (lmdb)', async (t) => {
  let dir = '';
  const openAt = async (place: string) => {
    dir = place;
    const environment = lmdbEnvironment(dir, settings);
    const bus = embeddedBus(environment, settings);
    return { ...bus, close: () => bus.close().then(() => environment.close()) };
  };
  busContract(t, { runtime, open: () => openAt(folder(t)), reopen: () => openAt(dir) });
});

t.test('what a store commits stands in the log at once, in its tenant’s partition', async (t) => {
  const environment = lmdbEnvironment(folder(t), settings);
  const store = lmdbStore(environment, settings);
  const bus = embeddedBus(environment, settings);
  await bus.prepare([{ name: topic, partitions: 4 }]);
  const seen: string[] = [];
  const heard = Promise.withResolvers<void>();
  await bus.consume({
    group: 'g',
    topics: [topic],
    async onBatch({ partition, records }) {
      for (const { key, headers } of records) seen.push(`${partition} ${key} ${headers.ce_id}`);
      heard.resolve();
    },
  });
  const event = { type: 'user.deleted', subject: 'Users/1', time: '2026-01-01T00:00:00.000Z', data: { id: '1', userName: 'ann' } };
  const result = await store.commit('edge/acme', { id: runtime.id(), time: 1, put: { a: 1 }, events: [event, event] });
  t.match(result, { ok: true, sequence: 2 });
  t.notOk((await store.commit('edge/acme', { id: runtime.id(), time: 1, expect: { a: 0 }, events: [event] })).ok);
  await heard.promise;
  const cell = cellOf('acme', 4);
  t.strictSame(seen, [`${cell} acme acme:1`, `${cell} acme acme:2`]);
  t.equal(store.outbox('edge'), undefined);
  await bus.close();
  await store.close();
});

t.test('records older than 30 days go, the newest apart; readers that were behind go on with what is left', async (t) => {
  const clock = virtualRuntime(1);
  const environment = lmdbEnvironment(folder(t), { cells: 4, runtime: clock });
  const bus = embeddedBus(environment, { runtime: clock });
  await bus.prepare([{ name: topic, partitions: 1 }]);
  const publish = (from: number, to: number) =>
    bus.publish(
      topic,
      Array.from({ length: to - from + 1 }, (_, i) => ({ key: 'acme', value: String(from + i), headers: {} })),
    );
  const day = 24 * 3_600_000;
  const ticking = new AbortController();
  const tick = async () => {
    while (!ticking.signal.aborted) await clock.sleep(day / 48, ticking.signal);
  };
  void tick();
  const waitUntil = (time: number) => clock.runUntil(() => clock.now() >= time, 100 * day);
  /** What is written ends whenever it does: time goes on meanwhile, by less than makes another record too old. */
  const until = (done: () => boolean) => clock.runUntil(done, 10 * day);
  await publish(1, 1500);
  await waitUntil(20 * day);
  await publish(1501, 1510);
  await waitUntil(31 * day);
  await until(() => environment.log.start(topic, 0) === 1500);
  t.match(await bus.lag('late', [topic]), [{ end: 1510, committed: -1, lag: 10, oldest: 20 * day }]);
  const seen: (string | null)[] = [];
  await bus.consume({ group: 'late', topics: [topic], onBatch: async ({ records }) => void seen.push(...records.map((r) => r.value)) });
  await until(() => seen.length === 10);
  await waitUntil(60 * day);
  await until(() => environment.log.start(topic, 0) === 1509);
  await publish(1511, 1511);
  await until(() => seen.length === 11);
  await until(() => environment.tables.offsets.get(`late\0${topic}\x000`) === '1511');
  t.match(await bus.lag('late', [topic]), [{ end: 1511, committed: 1511, lag: 0 }], 'offsets go on');
  ticking.abort();
  await bus.close();
  await environment.close();
});
