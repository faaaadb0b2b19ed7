import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { keys } from '@claras/directory/keys';
import { tenants } from '@claras/directory/tenants';
import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { startComponents, stopComponents } from '../deploy/native/components.ts';
import { freePorts } from '../deploy/native/processes.ts';
import { type Driven, drive, type Target, tool } from './drive.ts';
import { effectLatency } from './effect.ts';
import { median } from './paced.ts';
import { cpuMicros, memory, type Served, serve } from './process.ts';
import { sayWhatIsOver, verdict } from './verdict.ts';
import { make, type Workload } from './workload.ts';

/** `npm run bench`: the edge beside a bare Fastify server that answers the same bytes, in one run (machines are noisy: ratios, medians). */
const { values: flags } = parseArgs({
  options: { backing: { type: 'string', default: 'embedded' }, quick: { type: 'boolean', default: false } },
});
const seconds = flags.quick ? 1 : 3;
const rounds = flags.quick ? 3 : 5;
const folder = mkdtempSync(join(tmpdir(), 'claras-bench-'));
const stops: (() => Promise<void>)[] = [];

async function urls(): Promise<{ storeUrl: string; busUrl: string }> {
  if (flags.backing === 'embedded') return { storeUrl: `file:${folder}/data`, busUrl: `file:${folder}/data` };
  const found = await startComponents(join(folder, 'native'));
  stops.push(() => stopComponents(join(folder, 'native')));
  return found;
}

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Requests a second, latency and CPU of the server process for each request. */
async function measured(server: Served, target: Target, workload: Workload, from: number): Promise<Driven & { cpu: number }> {
  const before = cpuMicros(server.pid);
  const driven = await drive(target, workload, seconds, from);
  if (driven.failed > 0) throw new Error(`${workload.name}: ${driven.failed} requests failed`);
  return { ...driven, cpu: (cpuMicros(server.pid) - before) / driven.requests };
}

async function main(): Promise<void> {
  const pepper = 'pepper of a benchmark';
  const where = await urls();
  const backing = await openBacking({ ...where, cells: 64, runtime });
  await tenants({ store: backing.store, runtime }).create({ name: 'bench', scim: true });
  const { value: key } = await keys({ store: backing.store, runtime, peppers: [pepper] }).create({
    tenant: 'bench',
    name: 'bench',
    scopes: ['scim.full'],
  });
  await backing.close();

  const root = resolve(import.meta.dirname, '..');
  const env = { STORE_URL: where.storeUrl, BUS_URL: where.busUrl, KEY_PEPPER: pepper, LOG_LEVEL: 'warn' };
  const edge = await serve(join(root, 'services/scim-edge/src/main.ts'), [], env, (await freePorts(1))[0]!);
  stops.push(edge.stop);
  const bare = await serve(join(root, 'bench/bare-server.ts'), [key], {}, (await freePorts(1))[0]!);
  stops.push(bare.stop);
  const [onEdge, onBare] = [edge, bare].map(({ url }) => ({ url: `${url}/api/scim/v2`, key })) as [Target, Target];

  const send = async ({ method, path, body }: { method: string; path: string; body?: string }, url = onEdge.url) => {
    const headers = { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }) };
    return fetch(url.replace('/api/scim/v2', '') + path, { method, headers, ...(body === undefined ? {} : { body }) });
  };
  /** The bare server answers what the edge answered to the workload's first request. */
  async function sample(workload: Workload, n: number): Promise<void> {
    const answer = await send(make(workload, n));
    const headers = Object.fromEntries([...answer.headers].filter(([name]) => /^(content-type|etag|location)$/.test(name)));
    if (!answer.ok) throw new Error(`${workload.name}: ${answer.status} ${await answer.text()}`);
    await fetch(`${bare.url}/answer`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ status: answer.status, headers, body: await answer.text() }),
    });
  }

  async function seed(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 200)
      ids.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(200, count - n) }, async (_, at) => {
            const answer = await send(make({ ...create, path: create.path }, seeded + n + at));
            return ((await answer.json()) as { id: string }).id;
          }),
        )),
      );
    seeded += count;
    return ids;
  }

  const base = '/api/scim/v2';
  let seeded = 0;
  const create: Workload = {
    name: 'POST user',
    method: 'POST',
    path: `${base}/Users`,
    body: JSON.stringify({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'],
      externalId: 'login{n}',
      userName: 'user{n}@fabrikam.example',
      active: true,
      displayName: 'Maja Lind',
      title: 'Adviser',
      emails: [{ primary: true, type: 'work', value: 'user{n}@fabrikam.example' }],
      name: { formatted: 'Maja Lind', familyName: 'Lind', givenName: 'Maja' },
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Advice', employeeNumber: '{n}' },
    }),
    ids: [],
    limit: 2.5,
  };
  const patch = (operation: object) =>
    JSON.stringify({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [operation] });

  console.log(`${flags.backing} backing, driven by ${tool}, ${seconds} s a round, medians of ${rounds}\n`);
  const people = await seed(flags.quick ? 2_000 : 10_000);
  const names = people.map((_, n) => String(n));
  const group = async (members: readonly string[]): Promise<string> => {
    const { id } = (await (
      await send({ method: 'POST', path: `${base}/Groups`, body: JSON.stringify({ displayName: `Group ${runtime.id()}` }) })
    ).json()) as { id: string };
    for (let n = 0; n < members.length; n += 5000)
      await send({
        method: 'PATCH',
        path: `${base}/Groups/${id}`,
        body: patch({ op: 'add', path: 'members', value: members.slice(n, n + 5000).map((value) => ({ value })) }),
      });
    return id;
  };
  const memberOf = (id: string, ids: readonly string[], name: string): Workload => ({
    name,
    method: 'PATCH',
    path: `${base}/Groups/${id}`,
    body: patch({ op: '{turn}', path: 'members', value: [{ value: '{id}' }] }),
    ids,
    turns: ['Add', 'Remove'],
    limit: 2.5,
  });

  const workloads: Workload[] = [
    {
      name: 'match query',
      method: 'GET',
      path: `${base}/Users?filter=userName+eq+%22user{id}%40fabrikam.example%22`,
      ids: names,
      limit: 1.6,
    },
    { ...create },
    {
      name: 'PATCH active',
      method: 'PATCH',
      path: `${base}/Users/{id}`,
      body: patch({ op: 'Replace', path: 'active', value: '{turn}' }),
      ids: people,
      turns: ['False', 'True'],
      limit: 2.5,
    },
    memberOf(await group([]), people, 'PATCH one member'),
  ];

  console.log('request            bare req/s  edge req/s   bare µs  edge µs  CPU ratio         p50 ms   p99 ms');
  for (const workload of workloads) {
    let next = workload.method === 'POST' ? seeded + 1 : 1;
    await sample(workload, workload.method === 'POST' ? seeded : 0);
    const found: { bare: Driven & { cpu: number }; edge: Driven & { cpu: number } }[] = [];
    for (let round = 0; round <= rounds; round++) {
      const onBareNow = await measured(bare, onBare, workload, next);
      const onEdgeNow = await measured(edge, onEdge, workload, next);
      next = onEdgeNow.next;
      if (round > 0) found.push({ bare: onBareNow, edge: onEdgeNow }); // the first warms up
    }
    if (workload.method === 'POST') seeded = next;
    const of = (pick: (round: (typeof found)[number]) => number): number => median(found.map(pick));
    const ratio = of((round) => round.edge.cpu / round.bare.cpu);
    const judged = verdict(workload.name, ratio <= (workload.limit ?? Infinity));
    console.log(
      `${workload.name.padEnd(17)} ${number(of((r) => r.bare.perSecond)).padStart(11)} ${number(of((r) => r.edge.perSecond)).padStart(11)} ` +
        `${number(
          of((r) => r.bare.cpu),
          1,
        ).padStart(9)} ${number(
          of((r) => r.edge.cpu),
          1,
        ).padStart(8)}  ${number(ratio, 2).padStart(5)} (<= ${workload.limit}) ${judged.padEnd(4)} ` +
        `${number(
          of((r) => r.edge.p50),
          1,
        ).padStart(5)} ${number(
          of((r) => r.edge.p99),
          1,
        ).padStart(8)}`,
    );
  }

  console.log('\nPATCH one member by size of the group (median of 7, interleaved)');
  const spare = people.slice(0, 1000);
  const crowd = flags.quick ? 5_000 : 50_000;
  const others = await seed(crowd);
  const sizes = [0, 1000, crowd];
  const groups: Workload[] = [];
  for (const size of sizes) groups.push(memberOf(await group(others.slice(0, size)), spare, `${size}`));
  const costs = sizes.map(() => [] as number[]);
  const at = sizes.map(() => 0);
  for (let round = 0; round <= 7; round++)
    for (const [n, workload] of groups.entries()) {
      const driven = await measured(edge, onEdge, workload, at[n] as number);
      at[n] = driven.next;
      if (round > 0) costs[n]?.push(driven.cpu);
    }
  const medians = costs.map(median);
  for (const [n, size] of sizes.entries()) console.log(`  ${number(size).padStart(7)} members: ${number(medians[n] as number, 1)} µs CPU`);
  const spread = Math.max(...medians) / Math.min(...medians) - 1;
  console.log(`  apart by ${number(spread * 100)} % (<= 20 %) ${verdict('PATCH one member by size', spread <= 0.2)}`);

  const users = flags.quick ? 10_000 : 100_000;
  if (seeded < users) await seed(users - seeded);
  const { anonymous, resident } = memory(edge.pid);
  console.log(
    `\nmemory of the edge with ${number(seeded)} users: ${number(anonymous)} MB of its own (<= 400) ${verdict('memory', anonymous <= 400)}, ${number(resident)} MB with mapped files`,
  );
}

try {
  await main().finally(async () => {
    for (const stop of stops.reverse()) await stop();
  });
  await effectLatency(flags.backing === 'native' ? 'native' : 'embedded', folder, (await freePorts(1))[0]!, flags.quick ? 5 : 20);
  sayWhatIsOver();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
