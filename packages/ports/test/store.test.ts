import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cellOf } from '@claras/ports/cell';
import type { Runtime } from '@claras/ports/runtime';
import { type LmdbEnvironment, lmdbEnvironment } from '@claras/ports/store/lmdb-environment';
import { lmdbStore } from '@claras/ports/store/lmdb-store';
import { memoryStore } from '@claras/ports/store/memory-store';
import type { Change, Scope, Store } from '@claras/ports/store/store';
import { storeContract } from '@claras/ports/store/store.contract';
import type { StoreSettings } from '@claras/ports/store/store-settings';
import { systemRuntime } from '@claras/ports/system-runtime';
import t, { type Test } from 'tap';
import { virtualRuntime } from './virtual-runtime.ts';

const settings = (runtime: Runtime): StoreSettings => ({ cells: 4, topicOf: { edge: 'directory' }, runtime });

function folder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'claras-store-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

t.test('in memory', async (t) => {
  const runtime = virtualRuntime(1);
  storeContract(t, {
    runtime,
    open: async () => memoryStore(settings(runtime)),
    async pass(ms) {
      const until = runtime.now() + ms;
      void runtime.sleep(ms);
      await runtime.runUntil(() => runtime.now() >= until);
    },
  });
});

t.test('embedded (lmdb)', async (t) => {
  const runtime = systemRuntime;
  let dir = '';
  const openAt = async (place: string) => {
    dir = place;
    return lmdbStore(lmdbEnvironment(dir, settings(runtime)), settings(runtime));
  };
  storeContract(t, { runtime, open: () => openAt(folder(t)), reopen: () => openAt(dir), pass: runtime.sleep });
});

/** Writes with kill -9 after so many acknowledgements. Resolves with them: `tenant name`. */
async function writeAndKill(dir: string, round: number, acknowledgements: number, whileRunning: (pid: number) => void): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-writer.ts'), dir, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === 1) whileRunning(child.pid!);
    if (lines.length === acknowledgements) child.kill('SIGKILL');
  }
  await gone;
  return lines;
}

/** What document, index, counters and log say of a tenant. */
async function accountOf(store: Store, { log }: LmdbEnvironment, tenant: string) {
  const scope: Scope = `edge/${tenant}`;
  const { members, total, sequence } = await store.range(scope, 'all', { limit: 100_000 });
  const documents = (await store.read(scope, members)).filter(Boolean).length;
  const cell = cellOf(tenant, 4);
  const logged: string[] = [];
  for (let from = 0; from < log.end('claras.directory.v1', cell); from += 500)
    for (const { key, headers } of log.read('claras.directory.v1', cell, from, 500))
      if (key === tenant) logged.push(headers.ce_subject!.slice('Users/'.length));
  return { members, total, sequence, documents, logged };
}

t.test('kill -9 while it writes: what was acknowledged is there, documents and log agree, and it starts again at once', async (t) => {
  const dir = folder(t);
  const acknowledged: string[] = [];
  for (const [round, most] of [1, 700, 3000].entries()) {
    const inUse = (pid: number) => t.throws(() => lmdbEnvironment(dir, settings(systemRuntime)), new RegExp(`in use by process ${pid}`));
    acknowledged.push(...(await writeAndKill(dir, round, most, inUse)));
    const environment = lmdbEnvironment(dir, settings(systemRuntime));
    const store = lmdbStore(environment, settings(systemRuntime));
    for (const tenant of ['tenant-0', 'tenant-1', 'tenant-2']) {
      const { members, total, sequence, documents, logged } = await accountOf(store, environment, tenant);
      const missing = acknowledged.filter((line) => line.startsWith(`${tenant} `) && !members.includes(line.slice(tenant.length + 1)));
      t.strictSame(missing, [], `${acknowledged.length} acknowledged`);
      t.strictSame([members.length, sequence, documents, logged.length], [total, total, total, total]);
      t.strictSame([...logged].sort(), [...members].sort());
    }
    await store.close();
  }
});

t.test('one folder, one environment', async (t) => {
  const dir = folder(t);
  const open = (cells: number) => lmdbEnvironment(dir, { cells, runtime: systemRuntime });
  const environment = open(4);
  t.throws(() => open(4), /in use by process/);
  await environment.close();
  t.throws(() => open(8), /made with 4 cells, not 8/);
  await open(4).close();
});

t.test('a write that fails half-way leaves nothing, and its neighbours are written', async (t) => {
  const environment = lmdbEnvironment(folder(t), settings(systemRuntime));
  const store = lmdbStore(environment, settings(systemRuntime));
  const put = (key: string) => store.commit('edge/acme', { id: key, time: 1, put: { [key]: 1 }, index: { i: { add: [key] } } });
  const fault = environment.write(() => {
    environment.tables.documents.putSync('edge/acme\0half', '1 1 1');
    environment.indexes.add('edge/acme', 'i', ['half']);
    throw new Error('half-way');
  });
  const answers = await Promise.allSettled([put('a'), fault, put('b')]);
  t.match(answers, [{ status: 'fulfilled' }, { status: 'rejected', reason: /half-way/ }, { status: 'fulfilled' }]);
  t.strictSame(await store.range('edge/acme', 'i', { limit: 9 }), { members: ['a', 'b'], total: 2, sequence: 0 });
  t.match(await store.read('edge/acme', ['a', 'half', 'b']), [{ version: 1 }, undefined, { version: 2 }]);
  await store.close();
});

t.test('what was dropped goes in small steps, beside what is written', async (t) => {
  const environment = lmdbEnvironment(folder(t), settings(systemRuntime));
  const store = lmdbStore(environment, settings(systemRuntime));
  const commit = (change: Partial<Change>) => store.commit('edge/acme', { id: systemRuntime.id(), time: 1, ...change });
  const add = Array.from({ length: 1800 }, (_, n) => `member-${n}`);
  await commit({ index: { i: { add } } });
  await commit({ drop: ['i'], index: { i: { add: ['new'] } } });
  while (!environment.numbers.isSwept()) await commit({ put: { a: 1 } });
  t.strictSame([...environment.tables.sets.getKeys({ start: '0', end: 'z' })], []);
  t.match(await store.range('edge/acme', 'i', { limit: 9 }), { members: ['new'] });
  await store.close();
});

t.test('change ids are forgotten in the end: memory does not grow with them', async (t) => {
  const clock = virtualRuntime(1);
  const pass = async (ms: number) => {
    const until = clock.now() + ms;
    void clock.sleep(ms);
    await clock.runUntil(() => clock.now() >= until);
  };
  const store = memoryStore(settings(clock));
  const once: Change = { id: 'once', time: 1, expect: { a: 0 }, put: { a: 1 } };
  const first = await store.commit('edge/acme', once);
  const others = (n: number, to: Store = store) =>
    Promise.all(Array.from({ length: n }, () => to.commit('edge/acme', { id: clock.id(), time: 1, put: { b: 1 } })));
  await others(1500);
  await pass(599_000);
  await others(1500);
  t.strictSame(await store.commit('edge/acme', once), first, 'for 10 minutes, however many came');
  await pass(3_600_000);
  await others(999);
  t.strictSame(await store.commit('edge/acme', once), first, 'the last thousand, however long ago');
  await others(2);
  await pass(601_000);
  await others(1);
  t.strictSame(await store.commit('edge/acme', once), { ok: false, conflict: 'a' });
  await store.close();

  const embedded = lmdbStore(lmdbEnvironment(folder(t), settings(clock)), settings(clock));
  const answer = await embedded.commit('edge/acme', once);
  await others(1000, embedded);
  t.strictSame(await embedded.commit('edge/acme', once), answer, 'the last thousand');
  await others(2000, embedded);
  t.strictSame(await embedded.commit('edge/acme', once), { ok: false, conflict: 'a' });
  await embedded.close();
});

t.test('an index keeps its members in order while it grows from a list to a set and is emptied', async (t) => {
  const environment = lmdbEnvironment(folder(t), settings(systemRuntime));
  const store = lmdbStore(environment, settings(systemRuntime));
  const names = ['d', 'a\0b', '\u{1f642}', '\uffee', 'c', 'a', 'e"]'];
  const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const change = (index: { add?: string[]; remove?: string[] }) =>
    store.commit('edge/acme', { id: systemRuntime.id(), time: 1, index: { i: index } });
  const all = async () => (await store.range('edge/acme', 'i', { limit: 99 })).members;
  for (const [n, name] of names.entries()) {
    await change({ add: [name, name] });
    const known = sorted.filter((one) => names.indexOf(one) <= n);
    t.strictSame(await all(), known);
    t.strictSame(
      await store.has('edge/acme', 'i', names),
      names.map((_, place) => place <= n),
    );
    for (const after of sorted)
      t.strictSame(
        (await store.range('edge/acme', 'i', { after, limit: 2 })).members,
        known.filter((one) => sorted.indexOf(one) > sorted.indexOf(after)).slice(0, 2),
      );
    t.strictSame((await store.range('edge/acme', 'i', { offset: 1, limit: 2 })).members, known.slice(1, 3));
  }
  for (const name of names) await change({ remove: [name, 'none'] });
  t.strictSame([await all(), [...environment.tables.indexes.getKeys({ start: '', end: '\xff' })]], [[], []]);
  await store.close();
});
