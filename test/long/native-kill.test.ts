import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { simulate } from '@claras/entra-simulator/simulate';
import t from 'tap';
import { revocation } from '../support/access-story.ts';
import { corpusPasses } from '../support/corpus.ts';
import { tenantErased } from '../support/erasure-stories.ts';
import { eventually, freePorts, restApi, settled } from '../support/gateway.ts';
import {
  ignoredParts,
  linkAudit,
  ownerless,
  recheckProgress,
  refusals,
  refusedRequests,
  roleAudit,
  timelineOf,
} from '../support/log-stories.ts';
import { mapping, played, teamIs } from '../support/provisioned.ts';
import { flapping, takeOver } from '../support/rule-stories.ts';

/** Every service as its own process on real Redis and real Kafka, as `npm run start:native` runs them. */
const root = resolve(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'claras-native-'));
const port = await freePorts(8);
const env = { ...process.env, NATIVE_DIR: dir, PORT: String(port) };
const gateway: ChildProcess = spawn(process.execPath, [join(root, 'deploy/native/start.ts')], {
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
});
let printed = '';
/** Whatever the services write before and after: the line that says so passes once. */
let brokers: string | undefined;
let redis: string | undefined;
gateway.stdout?.on('data', (text: Buffer) => {
  printed = (printed + text).slice(-20_000);
  redis ??= /(redis:\/\/[^,\s]+),/.exec(printed)?.[1];
  brokers ??= /kafka:\/\/(\S+)\n/.exec(printed)?.[1];
});
t.teardown(async () => {
  gateway.kill('SIGTERM');
  if (gateway.exitCode === null) await once(gateway, 'exit');
  rmSync(dir, { recursive: true, force: true });
});

const scimUrl = `http://127.0.0.1:${port}/api/scim/v2`;
const answers = (n: number) => async () => ((await fetch(`http://127.0.0.1:${port + n}/livez`)).ok ? true : undefined);
t.before(async () => {
  for (let n = 0; n < 8; n++) await eventually(180_000, `service ${n} answers`, answers(n));
});
const api = restApi(`http://127.0.0.1:${port + 1}`, () => readFileSync(join(dir, 'admin-token'), 'utf8').trim());

t.test('M19 M24 on real Redis and Kafka the team and the bill are exact after each cycle, in both dialects', async (t) => {
  for (const dialect of ['legacy', 'flagged'] as const) {
    const founding = { seed: 21, users: 1000, groups: 20 };
    const tenant = await api.tenant(`Native ${dialect}`, ['fabrikam.example']);
    await api.map(tenant.id, tenant.provider, mapping);
    const story: ('initial' | 'delta' | 'leave' | 'mess')[] = [];
    for (const cycle of ['initial', 'delta', 'leave', 'mess'] as const) {
      played(t, await simulate({ ...founding, url: scimUrl, key: tenant.key, cycle, dialect }));
      story.push(cycle);
      await teamIs(t, api, tenant.id, founding, [mapping, ...story]);
    }
  }
});

t.test('M31 kill -9 of each service in turn during an initial cycle of 2,000 users loses nothing and doubles nothing', async (t) => {
  const founding = { seed: 22, users: 2000, groups: 20 };
  const tenant = await api.tenant('Killed', ['fabrikam.example']);
  await api.map(tenant.id, tenant.provider, mapping);
  let over = false;
  const killed: string[] = [];
  const cycle = simulate({ ...founding, url: scimUrl, key: tenant.key, cycle: 'initial', dialect: 'legacy' }).finally(() => {
    over = true;
  });
  const services = ['scim-edge', 'core-app', 'profile-sync', 'role-mapper', 'archiver', 'billing-sync', 'billing-ledger', 'console'];
  for (const [n, name] of services.entries()) {
    const pid = Number(readFileSync(join(dir, 'pids', `${name}.pid`), 'utf8'));
    process.kill(pid, 'SIGKILL');
    killed.push(name);
    await eventually(60_000, `${name} is another process`, async () => {
      const now = Number(readFileSync(join(dir, 'pids', `${name}.pid`), 'utf8'));
      return now !== pid ? true : undefined;
    });
    if (n < 2) await eventually(60_000, `${name} answers`, answers(n === 0 ? 0 : 2));
  }
  t.notOk(over, `killed while the cycle ran: ${killed.join(', ')}`);
  played(t, await cycle);
  // A killed consumer's partitions are given to the next one when its session has expired.
  await settled(api, 180_000);
  await teamIs(t, api, tenant.id, founding, [mapping, 'initial']);
});

const product = { api, scimUrl };
for (const [title, story] of [
  ['M21 access is denied within a second, and within five while 10,000 users arrive', revocation],
  ['T19 M7 M9 M10 no owner is lower at any moment of 1,000 flaps', flapping],
  ['S02 M18 a profile is taken over inside the provider’s domains only', takeOver],
  ['M29 a user’s timeline', timelineOf],
  ['M29 what a rule refused', refusals],
  ['M29 what the edge refused', refusedRequests],
  ['M29 what the edge left out', ignoredParts],
  ['M8 the progress of a re-check', recheckProgress],
  ['M10 M11 roles in the audit log', roleAudit],
  ['M18 links in the audit log', linkAudit],
  ['M11 a team without an owner', ownerless],
] as const)
  t.test(`${title}, on real Redis and Kafka`, (t) => story(t, product));

t.test('M27 a subscriber that is killed and started again proves by the sequence that it missed nothing', async (t) => {
  if (brokers === undefined) throw new Error('where Kafka is was not printed');
  const state = join(dir, 'sequences.json');
  const argv = [join(root, 'examples/subscriber/main.ts'), '--brokers', brokers, '--state', state, '--group', 'sample'];
  let said = '';
  const start = () => {
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (text: Buffer) => {
      said = (said + text).slice(-4000);
    });
    return child;
  };
  let first = start();
  const handled = async () => {
    if (first.exitCode !== null) first = start(); // as whatever runs it would
    return readFileSync(state, 'utf8').length > 2 ? true : undefined;
  };
  await eventually(180_000, 'it has handled something', handled).catch((error: Error) => {
    throw new Error(`${error.message}: ${said}`);
  });
  const ended = once(first, 'exit');
  first.kill('SIGKILL');
  await ended;
  const tillQuiet = async (seconds: number) =>
    JSON.parse((await promisify(execFile)(process.execPath, [...argv, '--idle', String(seconds)])).stdout);
  // Kafka misses the one that was killed for the 30 s of its session first.
  const { streams, total, gaps } = await tillQuiet(90);
  const { items } = await api.ask<{ items: object[] }>('GET', '/tenants');
  t.equal(gaps, 0);
  t.equal(streams, items.length, 'every tenant');
  t.ok(total > 10_000, `${total} events`);

  // It loses what it knows of a tenant, which says something again only now.
  const { id, key } = await api.tenant('Subscribed', ['fabrikam.example']);
  played(t, await simulate({ seed: 22, users: 30, groups: 3, url: scimUrl, key, cycle: 'initial', dialect: 'flagged' }));
  await tillQuiet(30);
  const known = JSON.parse(readFileSync(state, 'utf8'));
  known[`/claras/directory ${id}`] = 3;
  writeFileSync(state, JSON.stringify(known));
  const story = tillQuiet(60);
  played(t, await simulate({ seed: 22, users: 30, groups: 3, url: scimUrl, key, cycle: 'delta', dialect: 'flagged' }));
  t.match(await story, { gaps: 1, snapshots: 1 }, 'it misses something, asks, and begins anew');
});

t.test('Entra’s corpus passes on real Redis and Kafka, in 16 tenants at once', (t) =>
  corpusPasses(t, { scimUrl, tenants: 16, key: async () => (await api.tenant(`Corpus ${randomUUID()}`)).key }),
);

/** What Redis holds, key by key. */
const dump = `local lines = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local type = redis.call('TYPE', key).ok
  local found = type == 'hash' and redis.call('HGETALL', key) or type == 'zset' and redis.call('ZRANGE', key, 0, -1) or type == 'string' and { redis.call('GET', key) } or {}
  for n = 1, math.max(1, #found), type == 'hash' and 2 or 1 do
    lines[#lines + 1] = key .. ' ' .. (found[n] or '') .. ' ' .. (type == 'hash' and found[n + 1] or '')
  end
end
return table.concat(lines, '\\n')`;
async function stored(): Promise<string> {
  const url = await eventually(90_000, 'where Redis is was printed', async () => redis);
  const { stdout } = await promisify(execFile)('redis-cli', ['-u', url, '--raw', 'EVAL', dump, '0'], { maxBuffer: 1024 ** 3 });
  return stdout;
}
/** In the middle of it, whoever erases, whoever has the people, and one of those who hear of it. */
async function interrupt(): Promise<void> {
  for (const name of ['console', 'core-app', 'role-mapper'])
    process.kill(Number(readFileSync(join(dir, 'pids', `${name}.pid`), 'utf8')), 'SIGKILL');
  for (const n of [1, 2]) await eventually(30_000, `service ${n} answers`, answers(n));
}
t.test('S31 an erased tenant is gone, on real Redis and Kafka, whatever is killed meanwhile', (t) =>
  tenantErased(t, { ...product, stored, interrupt }),
);
