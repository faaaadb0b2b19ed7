import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { keys } from '@claras/directory/keys';
import { tenants } from '@claras/directory/tenants';
import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { startComponents, stopComponents } from '../deploy/native/components.ts';
import { freePorts } from '../deploy/native/processes.ts';
import { drive } from './drive.ts';
import { addMembers, type Company, floodsOf, schema } from './floods.ts';
import { paced, percentile } from './paced.ts';
import { loopMillis, serve } from './process.ts';

/**
 * `node bench/neighbours.ts`: what ten tenants with 5 requests a second each see while another one floods the process, beside what they see
 * alone, in one run. Each flood stands between two quiet rounds.
 */
const { values: flags } = parseArgs({
  options: {
    backing: { type: 'string', default: 'embedded' },
    seconds: { type: 'string', default: '10' },
    users: { type: 'string', default: '10000' },
    only: { type: 'string' },
  },
});
const seconds = Number(flags.seconds);
const neighbours = 10;
const eachPerSecond = 5;
const folder = mkdtempSync(join(tmpdir(), 'claras-bench-'));

interface Seen {
  millis: number[];
  /** Of work that the event loop did meanwhile. */
  loop: number[];
  refused: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 200 });
function send(url: string, key: string, method: string, path: string, body?: string): Promise<{ status: number; text: string }> {
  return new Promise((answered, failed) => {
    const headers = { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/scim+json' } : {}) };
    const asked = request(url + path, { method, headers, agent }, async (answer) => {
      let text = '';
      for await (const part of answer) text += part;
      answered({ status: answer.statusCode ?? 0, text });
    });
    asked.on('error', failed);
    asked.end(body);
  });
}

/** The tenant that floods has so many users, and a group of as many of them as one request takes. */
async function seed(url: string, key: string, users: number): Promise<Company> {
  const ids: string[] = [];
  for (let n = 0; n < users; n += 500) {
    const Operations = Array.from({ length: 500 }, (_, at) => ({
      method: 'POST',
      path: '/Users',
      bulkId: `${at}`,
      data: { userName: `user${n + at}@fabrikam.example`, displayName: 'Maja Lind', active: true },
    }));
    const { text } = await send(url, key, 'POST', '/Bulk', JSON.stringify({ schemas: [`${schema}:BulkRequest`], Operations }));
    for (const { location } of JSON.parse(text).Operations) ids.push(location.split('/').at(-1));
  }
  const { text } = await send(url, key, 'POST', '/Groups', JSON.stringify({ displayName: 'Everyone' }));
  const company = { group: JSON.parse(text).id as string, members: ids.slice(0, 15_000) };
  await send(url, key, 'PATCH', `/Groups/${company.group}`, addMembers(company));
  return company;
}

/** Half of it searches as before each write, half of it writes. */
async function watch(pid: number, url: string, theirs: readonly string[], round: number): Promise<{ search: Seen; write: Seen }> {
  const seen = { search: { millis: [], loop: [], refused: 0 }, write: { millis: [], loop: [], refused: 0 } } as {
    search: Seen;
    write: Seen;
  };
  await paced(neighbours * eachPerSecond, neighbours * eachPerSecond * seconds, async (n) => {
    const key = theirs[n % neighbours] as string;
    const kind = Math.floor(n / neighbours) % 2 ? 'write' : 'search';
    const [from, worked] = [performance.now(), loopMillis(pid)];
    const { status } =
      kind === 'search'
        ? await send(url, key, 'GET', `/Users?filter=userName+eq+%22nobody${n}%40fabrikam.example%22`)
        : await send(url, key, 'POST', '/Users', JSON.stringify({ schemas: [], userName: `neighbour${round}-${n}@fabrikam.example` }));
    seen[kind].millis.push(performance.now() - from);
    seen[kind].loop.push(loopMillis(pid) - worked);
    if (status >= 400) seen[kind].refused++;
  });
  return seen;
}

function say(name: string, { search, write }: { search: Seen; write: Seen }, rest = ''): void {
  const fmt = (value: number) => value.toFixed(1).padStart(7);
  const both = ({ millis, loop }: Seen) =>
    `p50 ${fmt(percentile(millis, 50))} p99 ${fmt(percentile(millis, 99))} ms, loop ${fmt(percentile(loop, 50))} ${fmt(percentile(loop, 99))}`;
  console.log(`${name.padEnd(30)} search ${both(search)}   write ${both(write)}   refused ${search.refused + write.refused}  ${rest}`);
}

async function main(): Promise<void> {
  const pepper = 'pepper of a benchmark';
  const native = flags.backing === 'native' ? await startComponents(join(folder, 'native')) : undefined;
  const where = native ?? { storeUrl: `file:${folder}/data`, busUrl: `file:${folder}/data` };
  const backing = await openBacking({ ...where, cells: 64, runtime });
  const durable = { store: backing.store, runtime };
  const keyOf = async (name: string): Promise<string> => {
    const { id: tenant } = await tenants(durable).create({ name, scim: true });
    return (await keys({ ...durable, peppers: [pepper] }).create({ tenant, name, scopes: ['scim.full'] })).value;
  };
  const loud = await keyOf('loud');
  const theirs: string[] = [];
  for (let n = 0; n < neighbours; n++) theirs.push(await keyOf(`quiet ${n}`));
  await backing.close();

  const env = { STORE_URL: where.storeUrl, BUS_URL: where.busUrl, KEY_PEPPER: pepper, LOG_LEVEL: 'warn' };
  const edge = await serve(resolve(import.meta.dirname, '../services/scim-edge/src/main.ts'), [], env, (await freePorts(1))[0]!);
  const url = `${edge.url}/api/scim/v2`;
  try {
    const company = await seed(url, loud, Number(flags.users));
    const floods = floodsOf(loud, company);
    let round = 0;
    await watch(edge.pid, url, theirs, round++);
    for (const { key, connections, workload } of floods) {
      if (flags.only && !workload.name.includes(flags.only)) continue;
      say('alone', await watch(edge.pid, url, theirs, round++));
      const driving = drive({ url, key, connections }, workload, seconds, 0);
      const seen = await watch(edge.pid, url, theirs, round++);
      const { perSecond, requests, failed, p50 } = await driving;
      say(
        `${workload.name} x ${connections}`,
        seen,
        `flood ${perSecond.toFixed(0)}/s, ${failed} of ${requests} failed, its p50 ${p50.toFixed(0)} ms`,
      );
    }
  } finally {
    await edge.stop();
    if (native) await stopComponents(join(folder, 'native'));
    rmSync(folder, { recursive: true, force: true });
  }
}
await main();
process.exit(0);
