import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LmdbEnvironment, lmdbEnvironment } from '@claras/ports/store/lmdb-environment';
import { lmdbStore } from '@claras/ports/store/lmdb-store';
import type { Store } from '@claras/ports/store/store';
import { writeAheadLog } from '@claras/ports/store/write-ahead-log';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t, { type Test } from 'tap';

const settings = { cells: 4, topicOf: { edge: 'directory' as const }, runtime };

function folder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'claras-log-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function open(dir: string): { environment: LmdbEnvironment; store: Store } {
  const environment = lmdbEnvironment(dir, settings);
  return { environment, store: lmdbStore(environment, settings) };
}

const nameOf = (n: number): string => `user-${String(n).padStart(6, '0')}`;

/** A document, two indexes and an event; the one before goes. */
const write = (store: Store, n: number, size = 0) =>
  store.commit('edge/acme', {
    id: nameOf(n),
    time: 1,
    put: { [nameOf(n)]: { n, text: 'x'.repeat(size) } },
    remove: [nameOf(n - 1)],
    index: { all: { add: [nameOf(n)] }, last: { add: [nameOf(n)], remove: [nameOf(n - 1)] } },
    events: [{ type: 'user.deleted', subject: `Users/${n}`, time: '2026-01-01T00:00:00.000Z', data: { id: nameOf(n), userName: 'x' } }],
  });

/** Everything says the same number of commits: asserts it and gives it. */
async function commitsIn(t: Test, { store, environment }: ReturnType<typeof open>, most: number): Promise<number> {
  const { total, sequence } = await store.range('edge/acme', 'all', { limit: 0 });
  const names = Array.from({ length: most }, (_, n) => nameOf(n + 1));
  const there = (await store.read('edge/acme', names)).flatMap((entry, n) => (entry ? [n + 1] : []));
  const last = (await store.range('edge/acme', 'last', { limit: 9 })).members;
  const logged = [0, 1, 2, 3].reduce((sum, cell) => sum + environment.log.end('claras.directory.v1', cell), 0);
  t.strictSame([sequence, logged, there, last], [total, total, total ? [total] : [], total ? [nameOf(total)] : []]);
  return total;
}

/** As a crash leaves a folder: without the lock, and with what an open transaction has not written. */
function crashed(t: Test, dir: string): string {
  const copy = folder(t);
  for (const file of ['claras.mdb', 'claras.log']) cpSync(join(dir, file), join(copy, file));
  return copy;
}

t.test('wherever the log is torn, what is there is every whole group up to there', async (t) => {
  const dir = folder(t);
  const most = 30;
  const place = open(dir);
  for (let n = 1; n <= most; n++) await write(place.store, n, n);
  const log = readFileSync(join(dir, 'claras.log'));
  const end = log.findLastIndex((byte) => byte !== 0) + 1;
  const found: number[] = [];
  for (let cut = 0; cut <= end; cut += 211) {
    const copy = crashed(t, dir);
    const torn = Buffer.from(log);
    // A crash may leave the rest as it was, or anything else.
    torn.fill(cut % 2, cut, end);
    writeFileSync(join(copy, 'claras.log'), torn);
    const again = open(copy);
    found.push(await commitsIn(t, again, most));
    t.ok((await write(again.store, found.at(-1)! + 1)).ok);
    await again.store.close();
    const third = open(copy);
    t.equal(await commitsIn(t, third, most + 1), found.at(-1)! + 1, 'it goes on from there');
    await third.store.close();
  }
  t.strictSame(
    found,
    found.toSorted((a, b) => a - b),
  );
  t.equal(found[0], 0);
  const whole = open(crashed(t, dir));
  t.equal(await commitsIn(t, whole, most), most);
  await whole.store.close();
  await place.store.close();
});

t.test('lmdb’s file from any checkpoint and the log from then on are everything', async (t) => {
  const dir = folder(t);
  const place = open(dir);
  let n = 0;
  for (let checkpoints = 0, size = statSync(join(dir, 'claras.mdb')).mtimeMs; checkpoints < 3; ) {
    await write(place.store, ++n, 200_000);
    const now = statSync(join(dir, 'claras.mdb')).mtimeMs;
    if (now !== size) checkpoints++;
    size = now;
    const again = open(crashed(t, dir));
    t.equal(await commitsIn(t, again, n), n);
    await again.store.close();
  }
  t.ok(n > 20, `${n} commits`);
  await place.store.close();
});

t.test('after a clean close the log says nothing that is not there, and doing it once more changes nothing', async (t) => {
  const dir = folder(t);
  const first = open(dir);
  for (let n = 1; n <= 5; n++) await write(first.store, n);
  const before = crashed(t, dir);
  await first.store.close();
  // The log of before the close, over tables that have all of it.
  cpSync(join(before, 'claras.log'), join(dir, 'claras.log'));
  const again = open(dir);
  t.equal(await commitsIn(t, again, 5), 5);
  t.ok((await write(again.store, 6)).ok);
  const copy = crashed(t, dir);
  await again.store.close();
  const third = open(copy);
  t.equal(await commitsIn(t, third, 6), 6);
  await third.store.close();
});

t.test('a write that fails takes nothing with it that was written before, checkpoint or not', async (t) => {
  const dir = folder(t);
  const { environment, store } = open(dir);
  for (let n = 1; n <= 30; n++) {
    await write(store, n, 100_000);
    const fault = environment.write(() => {
      environment.tables.documents.putSync('edge/acme\0half', '1 1 1');
      environment.indexes.add('edge/acme', 'all', ['half']);
      throw new Error('half-way');
    });
    await t.rejects(fault, /half-way/);
    t.equal(await commitsIn(t, { environment, store }, 30), n);
  }
  const again = open(crashed(t, dir));
  t.equal(await commitsIn(t, again, 30), 30);
  await again.store.close();
  await store.close();
});

t.test('records come back in order, and those of an earlier round are not taken for later ones', async (t) => {
  const path = join(folder(t), 'log');
  const texts = (settled: number): string[] => {
    const log = writeAheadLog(path, settled);
    const found = [...log.unsettled()].map(String);
    log.close();
    return found;
  };
  const log = writeAheadLog(path, 0);
  for (const text of ['one', 'two', 'three', 'four']) log.append(Buffer.from(text));
  t.strictSame(texts(0), ['one', 'two', 'three', 'four']);
  t.strictSame(texts(2), ['three', 'four'], 'the others stand elsewhere');
  t.strictSame([...log.unsettled(2)].map(String), ['one', 'two'], 'no further than asked');
  for (const text of ['three', 'four']) log.append(Buffer.from(text));
  t.strictSame(texts(4), []);
  log.settle();
  log.append(Buffer.from('six'));
  t.strictSame(texts(4), ['six'], 'as long as "one": behind it stands "two"');
  t.strictSame(texts(3), [], 'a gap');
  log.append(Buffer.alloc(3 * 1024 * 1024, 'x'));
  t.ok(log.isFull());
  t.equal(texts(4)[1]?.length, 3 * 1024 * 1024, 'a record larger than the file');
  log.close();
  truncateSync(path, 30);
  t.strictSame(texts(4), ['six']);
});
