import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { topicOfService } from '@claras/contracts/topics';
import { redisStore } from '@claras/ports/store/redis-store';
import type { Store } from '@claras/ports/store/store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { redisUrl, startRedis, stopRedis } from '../deploy/native/redis.ts';
import { redisClusterUrl, startRedisCluster, stopRedisCluster } from '../deploy/native/redis-cluster.ts';

/** Commits a second on one Redis and on a cluster, side by side: `node bench/redis-cluster.ts --writers 32 --tenants 32 --rounds 7`. */
const options = {
  writers: { type: 'string', default: '32' },
  tenants: { type: 'string', default: '32' },
  rounds: { type: 'string', default: '7' },
} as const;
const { writers, tenants, rounds } = Object.fromEntries(
  Object.entries(parseArgs({ options }).values).map(([name, value]) => [name, Number(value)]),
) as Record<keyof typeof options, number>;
const roundMs = 2000;
const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

/** As the edge makes a user: a document of 1 KB, three indexes, one event. */
function user(id: string) {
  const value = { id, userName: `${id}@a.example`, notes: 'x'.repeat(900) };
  const index = { users: { add: [id] }, names: { add: [`${value.userName}\n${id}`] }, emails: { add: [`${value.userName}\n${id}`] } };
  const event = { type: 'user.created', subject: `Users/${id}`, time: new Date(runtime.now()).toISOString(), data: value };
  return { id: runtime.id(), time: runtime.now(), expect: { [id]: 0 }, put: { [id]: value }, index, events: [event] };
}

/** Commits a second, and how long the slowest of a hundred took in ms. */
async function round(store: Store): Promise<{ perSecond: number; p99: number }> {
  const took: number[] = [];
  const until = performance.now() + roundMs;
  async function write(n: number): Promise<void> {
    while (performance.now() < until) {
      const began = performance.now();
      await store.commit(`edge/tenant-${n % tenants}`, user(runtime.id()));
      took.push(performance.now() - began);
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, n) => write(n)));
  return { perSecond: took.length / (roundMs / 1000), p99: took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)]! };
}

const dir = mkdtempSync(join(tmpdir(), 'bench-redis-cluster-'));
const one = await startRedis(join(dir, 'one'));
const cluster = await startRedisCluster(join(dir, 'cluster'), 0);
const settings = { cells: 64, topicOf: topicOfService, runtime };
const stores = { one: redisStore(redisUrl(one), settings), cluster: redisStore(redisClusterUrl(cluster), settings) };
try {
  const results = { one: [] as number[], cluster: [] as number[] };
  for (let n = 0; n <= rounds; n++)
    for (const name of ['one', 'cluster'] as const) {
      const { perSecond, p99 } = await round(stores[name]);
      process.stdout.write(
        `${name.padEnd(8)} ${Math.round(perSecond)} commits/s, p99 ${p99.toFixed(1)} ms${n === 0 ? ' (to warm up)' : ''}\n`,
      );
      if (n > 0) results[name].push(perSecond);
    }
  const ratio = median(results.cluster.map((perSecond, n) => perSecond / results.one[n]!));
  process.stdout.write(`${writers} writers, ${tenants} tenants, median of ${rounds}: ${Math.round(median(results.one))} on one, `);
  process.stdout.write(`${Math.round(median(results.cluster))} on three masters; ratio of neighbouring rounds ${ratio.toFixed(2)}\n`);
} finally {
  for (const store of Object.values(stores)) await store.close();
  await Promise.all([stopRedis(one, 0), stopRedisCluster(cluster, 0)]);
  rmSync(dir, { recursive: true });
}
