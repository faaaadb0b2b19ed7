import { lmdbEnvironment } from '@claras/ports/store/lmdb-environment';
import { lmdbStore } from '@claras/ports/store/lmdb-store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';

/** Writes until it is killed; says `tenant number` of each commit that was acknowledged. */
const [dir, round] = process.argv.slice(2) as [string, string];
const settings = { cells: 4, topicOf: { edge: 'directory' as const }, runtime };
const store = lmdbStore(lmdbEnvironment(dir, settings), settings);

async function write(writer: number): Promise<void> {
  for (let n = 0; ; n++) {
    const tenant = `tenant-${(writer + n) % 3}`;
    const name = `${round}-${writer}-${n}`;
    const data = { id: name, userName: 'x'.repeat(n % 2000) };
    await store.commit(`edge/${tenant}`, {
      id: name,
      time: 1,
      expect: { [name]: 0 },
      put: { [name]: data },
      index: { all: { add: [name] }, [`own:${name}`]: { add: ['x'] } },
      ...(n % 50 === 0 ? { drop: ['own'] } : {}),
      events: [{ type: 'user.deleted', subject: `Users/${name}`, time: '2026-01-01T00:00:00.000Z', data }],
    });
    process.stdout.write(`${tenant} ${name}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)));
