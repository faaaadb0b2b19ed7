import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keys } from '@claras/directory/keys';
import { tenants } from '@claras/directory/tenants';
import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { startComponents, stopComponents } from '../deploy/native/components.ts';
import { servicePrograms } from '../deploy/native/services.ts';
import { supervise } from '../deploy/native/supervisor.ts';
import { localSecrets } from '../services/local/src/secrets.ts';
import { type Course, type Courses, follow, load, perSecond } from './effect-load.ts';
import { kafkaHop } from './kafka-hop.ts';
import { median, percentile } from './paced.ts';
import { serve } from './process.ts';
import { verdict } from './verdict.ts';

/** Until Node has compiled what is hot. */
const warmUpSeconds = 10;
const rounds = 3;
const settleMs = 3000;
const joinMs = 12_000;

const mostMs = 50;
const mostHops = 3;

interface Where {
  storeUrl: string;
  busUrl: string;
}

/** Every service on a fresh backing, so that there is no backlog. `start` runs them; a tenant's key is made before. */
interface Gateway {
  where: Where;
  pepper: string;
  start(): Promise<{ stop(): Promise<void> }>;
  close(): Promise<void>;
}

function embedded(dir: string, port: number): Gateway {
  const where = { storeUrl: `file:${dir}`, busUrl: `file:${dir}` };
  const env = { DATA_DIR: dir, STORE_URL: where.storeUrl, BUS_URL: where.busUrl };
  const main = resolve(import.meta.dirname, '../services/local/src/main.ts');
  return { where, pepper: localSecrets(dir).pepper, start: () => serve(main, [], env, port), close: async () => {} };
}

async function native(dir: string, port: number): Promise<Gateway> {
  const where = await startComponents(dir);
  const programs = servicePrograms(dir, port, where);
  return {
    where,
    pepper: programs[0]?.env.KEY_PEPPER as string,
    async start() {
      const running = supervise(dir, programs, () => {});
      await sleep(joinMs); // the consumer groups' first rebalance
      return running;
    },
    close: () => stopComponents(dir),
  };
}

interface Round {
  courses: Courses;
  /** Milliseconds of the bare hop in the same seconds; empty where there is no Kafka. */
  hops: number[];
}

/** Prints the time from request to effect in the core app, at 100 requests/s; on Kafka beside a bare hop in the same seconds. */
export async function effectLatency(backing: 'embedded' | 'native', folder: string, port: number, seconds: number): Promise<void> {
  const dir = join(folder, 'effect');
  const gateway = backing === 'embedded' ? embedded(dir, port) : await native(dir, port);
  const hop = backing === 'native' ? await kafkaHop(gateway.where.busUrl) : undefined;
  const hops = async (count: number): Promise<number[]> => (await hop?.measure({ perSecond, count })) ?? [];
  try {
    const key = await keyIn(gateway);
    const count = seconds * perSecond;
    await hops(perSecond);
    const alone = await hops(count);
    const services = await gateway.start();
    const found: Round[] = [];
    try {
      const url = `http://127.0.0.1:${port}/api/scim/v2`;
      await Promise.all([load(url, key, 0, warmUpSeconds * perSecond), hops(warmUpSeconds * perSecond)]);
      for (let round = 1; round <= rounds; round++) {
        await sleep(settleMs);
        const [courses, beside] = await Promise.all([load(url, key, round * 1_000_000, count), hops(count)]);
        found.push({ courses, hops: beside });
      }
      await sleep(settleMs);
    } finally {
      await services.stop();
    }
    const all: Courses = new Map(found.flatMap(({ courses }) => [...courses]));
    await follow(gateway.where, all);
    report(found, alone);
  } finally {
    hop?.close();
    await gateway.close();
  }
}

async function keyIn({ where, pepper }: Gateway): Promise<string> {
  const { store, close } = await openBacking({ ...where, cells: 64, runtime });
  await tenants({ store, runtime }).create({ name: 'bench', scim: true });
  const { value } = await keys({ store, runtime, peppers: [pepper] }).create({ tenant: 'bench', name: 'bench', scopes: ['scim.full'] });
  await close();
  return value;
}

function report(found: readonly Round[], alone: readonly number[]): void {
  const until = (stage: keyof Course) => (round: Round) =>
    [...round.courses.values()].map((course) => (course[stage] ?? Number.NaN) - course.sent).filter((ms) => !Number.isNaN(ms));
  const line = (what: string, times: number[][]) => {
    const of = (percent: number) => String(median(times.map((of) => percentile(of, percent)))).padStart(7);
    console.log(`  ${what.padEnd(34)}${of(50)} ${of(99)}`);
  };
  const seconds = found[0]!.courses.size / perSecond;
  console.log(
    `\nfrom request to effect, ${perSecond} requests/s: medians of ${rounds} rounds of ${seconds} s; load average ${loadavg()[0]!.toFixed(1)}`,
  );
  console.log('                                     p50 ms  p99 ms');
  line('answered', found.map(until('answered')));
  line('on claras.directory.v1', found.map(until('published')));
  line('in effect in the core app', found.map(until('done')));
  line('on claras.team.v1', found.map(until('told')));
  const p99 = median(found.map((round) => percentile(until('done')(round), 99)));
  if (alone.length === 0) console.log(`  p99 of the effect: ${p99} ms (<= ${mostMs} ms) ${verdict('the effect', p99 <= mostMs)}`);
  else {
    line(
      'a bare kafkajs hop beside it',
      found.map(({ hops }) => hops),
    );
    line('a bare kafkajs hop alone', [[...alone]]);
    const ratio = median(found.map((round) => percentile(until('done')(round), 99) / percentile(round.hops, 99)));
    console.log(
      `  p99 of the effect: ${ratio.toFixed(1)} times the hop beside it (<= ${mostHops}) ${verdict('the effect', ratio <= mostHops)}`,
    );
  }
  const missing = found.reduce((sum, round) => sum + round.courses.size - until('done')(round).length, 0);
  if (missing > 0) throw new Error(`${missing} requests had no effect within ${settleMs / 1000} s`);
}
