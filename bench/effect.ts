import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromRecord } from '@claras/contracts/cloud-event';
import type { TeamFact } from '@claras/contracts/events';
import { topics } from '@claras/contracts/topics';
import { keys } from '@claras/directory/keys';
import { tenants } from '@claras/directory/tenants';
import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { startComponents, stopComponents } from '../deploy/native/components.ts';
import { servicePrograms } from '../deploy/native/services.ts';
import { supervise } from '../deploy/native/supervisor.ts';
import { localSecrets } from '../services/local/src/secrets.ts';
import { kafkaHop } from './kafka-hop.ts';
import { paced, percentile } from './paced.ts';
import { serve } from './process.ts';

const perSecond = 100;
const settleMs = 3000;
const joinMs = 12_000;

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

const name = (n: number): string => `effect${n}@fabrikam.example`;

/** POST of a user, then PATCH active "False" of the one made a second before, in turn. Says when each was sent, by what it brings about. */
async function load(url: string, key: string, from: number, count: number): Promise<Map<string, number>> {
  const sent = new Map<string, number>();
  const ids = new Map<number, string>();
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
  const call = async (method: string, path: string, body: object): Promise<{ id: string }> => {
    const answer = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { id: string };
  };
  await paced(perSecond, count, async (at) => {
    const n = from + at;
    const earlier = n - perSecond - 1;
    const id = ids.get(earlier);
    if (n % 2 === 0 || id === undefined) {
      sent.set(`profile.created ${name(n)}`, Date.now());
      const user = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: name(n), displayName: 'Maja Lind', active: true };
      ids.set(n, (await call('POST', '/Users', user)).id);
    } else {
      sent.set(`profile.archived ${name(earlier)}`, Date.now());
      const Operations = [{ op: 'Replace', path: 'active', value: 'False' }];
      await call('PATCH', `/Users/${id}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });
    }
  });
  return sent;
}

/** When the core app did what was asked, by what it did: the ce_time of the first such team event. */
async function effects(where: Where, wanted: number): Promise<Map<string, number>> {
  const backing = await openBacking({ ...where, cells: 64, runtime });
  const found = new Map<string, number>();
  const reader = await backing.bus.consume({
    group: `bench-${runtime.id()}`,
    topics: [topics.team.name],
    async onBatch({ records }) {
      for (const record of records) {
        const event = fromRecord<TeamFact>('team', record);
        const what = `${event.type} ${event.data.profile.userName}`;
        if (!found.has(what)) found.set(what, Date.parse(event.time));
      }
    },
  });
  for (let tries = 0; found.size < wanted && tries < 100; tries++) await sleep(100);
  await reader.close();
  await backing.close();
  return found;
}

/** Prints the time from request to effect in the core app, at 100 requests/s; on Kafka beside a bare hop in the same run. */
export async function effectLatency(backing: 'embedded' | 'native', folder: string, port: number, seconds: number): Promise<void> {
  const dir = join(folder, 'effect');
  const gateway = backing === 'embedded' ? embedded(dir, port) : await native(dir, port);
  try {
    const opened = await openBacking({ ...gateway.where, cells: 64, runtime });
    await tenants({ store: opened.store, runtime }).create({ name: 'bench', scim: true });
    const apiKeys = keys({ store: opened.store, runtime, pepper: gateway.pepper });
    const { value: key } = await apiKeys.create({ tenant: 'bench', name: 'bench', scopes: ['scim.full'] });
    await opened.close();

    const count = seconds * perSecond;
    const hops = backing === 'native' ? await kafkaHop(gateway.where.busUrl, perSecond, count) : [];
    const services = await gateway.start();
    let sent: Map<string, number>;
    let warmUp: Map<string, number>;
    try {
      const url = `http://127.0.0.1:${port}/api/scim/v2`;
      warmUp = await load(url, key, 0, 3 * perSecond);
      await sleep(settleMs);
      sent = await load(url, key, 1_000_000, count);
      await sleep(settleMs);
    } finally {
      await services.stop();
    }
    if (backing === 'native') hops.push(...(await kafkaHop(gateway.where.busUrl, perSecond, count)));
    report(sent, await effects(gateway.where, sent.size + warmUp.size), hops);
  } finally {
    await gateway.close();
  }
}

function report(sent: Map<string, number>, done: Map<string, number>, hops: readonly number[]): void {
  const times = [...sent].flatMap(([what, at]) => (done.has(what) ? [(done.get(what) as number) - at] : []));
  const missing = sent.size - times.length;
  const [p50, p99] = [percentile(times, 50), percentile(times, 99)];
  const limit = hops.length > 0 ? 3 * percentile(hops, 99) : 50;
  console.log(`\nfrom request to effect in the core app, ${perSecond} requests/s, ${sent.size} requests`);
  console.log(`  p50 ${p50} ms, p99 ${p99} ms (<= ${limit} ms) ${p99 <= limit ? 'ok' : 'OVER'}, longest ${Math.max(...times)} ms`);
  if (hops.length > 0)
    console.log(`  a bare kafkajs hop: p50 ${percentile(hops, 50)} ms, p99 ${percentile(hops, 99)} ms; ${hops.length} records`);
  if (missing > 0) throw new Error(`${missing} of ${sent.size} requests had no effect within ${settleMs / 1000} s`);
}
