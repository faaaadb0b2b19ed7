import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LagReport, TopicsReport, VerificationReport } from '@claras/contracts/console-api';
import { simulate } from '@claras/entra-simulator/simulate';
import { Redis } from 'ioredis';
import t from 'tap';
import { kafkaUrl, startKafka, stopKafka } from '../../deploy/native/kafka.ts';
import { redisUrl, startRedis, stopRedis } from '../../deploy/native/redis.ts';
import { dropProxy } from '../../packages/ports/test/drop-proxy.ts';
import { eventually, freePorts, healthOf } from '../support/gateway.ts';
import { mapping, played } from '../support/provisioned.ts';
import { agrees, finished } from '../support/snapshot-stories.ts';
import { gatewayInStorms } from '../support/storm.ts';

/**
 * Redis and Kafka lose what they had acknowledged. Redis by a failover (its replication is asynchronous), with the core app and the billing
 * system beside it, which lose nothing: they know what the directory does not any more.
 */
const dir = mkdtempSync(join(tmpdir(), 'claras-lost-'));
const [port, kafka, primary, replica, others] = await Promise.all([
  freePorts(8),
  startKafka(join(dir, 'kafka'), 1),
  ...['primary', 'replica', 'others'].map((name) => startRedis(join(dir, name))),
]);
const replication = await dropProxy(primary!.port, '127.0.0.1');
const front = await dropProxy(primary!.port, '127.0.0.1');
const gateway = gatewayInStorms(t, { dir, port, storeUrl: redisUrl({ port: front.port, pid: 0 }), busUrl: kafkaUrl(kafka) }, {}, [
  ['core-app', { STORE_URL: redisUrl(others!) }],
  ['billing-ledger', { STORE_URL: redisUrl(others!) }],
]);
const { api, scimUrl } = gateway;
t.teardown(async () => {
  await gateway.stop();
  await Promise.all([front.goDown(), replication.goDown()]);
  await Promise.all([stopKafka(kafka, 0), ...[primary, replica, others].map((redis) => stopRedis(redis!, 0))]);
  rmSync(dir, { recursive: true, force: true });
});

async function redis(at: number, ...command: [string, ...string[]]): Promise<string> {
  const client = new Redis(at, '127.0.0.1');
  try {
    return String(await client.call(...command));
  } finally {
    client.disconnect();
  }
}
/** Everything that the primary took stands in the replica. */
const isCopied = () =>
  eventually(60_000, 'the replica has everything', async () => {
    const offset = async (at: number) => /(?:slave|master)_repl_offset:(\d+)/.exec(await redis(at, 'INFO', 'replication'))?.[1];
    const [there, here] = [await offset(primary!.port), await offset(replica!.port)];
    return there !== undefined && there === here ? true : undefined;
  });

t.test('DECISIONS 6: a failover that loses acknowledged writes ends in a new epoch, a snapshot and no difference', async (t) => {
  await redis(replica!.port, 'REPLICAOF', '127.0.0.1', String(replication.port));
  const { id, key, provider } = await api.tenant('Failover', ['fabrikam.example']);
  const idle = await api.tenant('Idle', ['fabrikam.example']);
  await api.map(id, provider, mapping);
  played(t, await simulate({ seed: 61, users: 300, groups: 8, url: scimUrl, key, cycle: 'initial', dialect: 'flagged' }));
  await agrees(api, id);
  await isCopied();

  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
  const send = async (method: string, path: string, body?: object): Promise<{ id?: string; Resources?: { id: string }[] }> => {
    const answer = await fetch(scimUrl + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? {} : ((await answer.json()) as { id?: string });
  };
  const patch = (path: string, ...Operations: object[]) =>
    send('PATCH', path, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });
  const person = (n: number) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    ...{ userName: `late${n}@fabrikam.example`, displayName: `Late ${n}`, active: true },
  });
  const users = (await send('GET', '/Users?count=100&attributes=userName')).Resources!.map((user) => user.id);
  const managers = (await send('GET', '/Groups?filter=displayName+eq+"Claras Managers"&excludedAttributes=members')).Resources![0]!.id;

  // Acknowledged, published, obeyed by the core app and billed, and lost with the primary.
  replication.hang();
  for (let n = 0; n < 30; n++) await send('POST', '/Users', person(n));
  for (const user of users.slice(0, 20)) await patch(`/Users/${user}`, { op: 'Replace', path: 'active', value: 'False' });
  const { userName } = (await send('GET', `/Users/${users[20]}`)) as { userName?: string };
  for (const user of users.slice(20, 40)) await send('DELETE', `/Users/${user}`);
  await send('POST', '/Users', { ...person(2000), userName });
  for (const user of users.slice(40, 60)) await patch(`/Users/${user}`, { op: 'Replace', path: 'displayName', value: 'Lost' });
  await patch(`/Groups/${managers}`, { op: 'Add', path: 'members', value: users.slice(60, 80).map((value) => ({ value })) });
  await send('POST', '/Users', person(1000));
  await agrees(api, id);
  t.match((await api.seats(id)).billed, { quantity: 300 + 32 - 40 });

  await stopRedis(primary!, 0);
  await redis(replica!.port, 'REPLICAOF', 'NO', 'ONE');
  front.lead(replica!.port);
  // Entra goes on: one of the users that were lost comes again.
  await eventually(60_000, 'the edge takes writes again', () => send('POST', '/Users', person(5)));
  await patch(`/Users/${users[90]}`, { op: 'Replace', path: 'displayName', value: 'After' });

  const { users: told } = await finished(api, id, ({ snapshot }) => snapshot?.reason === 'a new epoch');
  t.equal(told, 301, 'the directory says what it has');
  await finished(api, idle.id, ({ snapshot }) => snapshot?.reason === 'a new epoch');
  t.ok((await api.ask<{ epoch: number }>('GET', '/epoch')).epoch >= 1);
  await agrees(api, id, 180_000);
  const { differences, ...report } = await api.ask<VerificationReport>('GET', `/tenants/${id}/verification`);
  t.strictSame({ differences, seats: report.seats }, { differences: { total: 0, items: [] }, seats: { active: 301, billed: 301 } });
  const team = await api.team(id);
  const statuses = Map.groupBy(team, ({ userName, status }) => `${userName?.startsWith('late') ? 'late' : 'known'} ${status}`);
  t.strictSame(
    [...statuses].map(([what, { length }]) => `${length} ${what}`).sort(),
    ['1 late active', '30 late archived', '300 known active'].sort(),
    'whom the directory lost is archived, whom it has works',
  );

  // And it goes on as ever.
  played(t, await simulate({ seed: 61, users: 300, groups: 8, url: scimUrl, key: idle.key, cycle: 'initial', dialect: 'flagged' }));
  await agrees(api, idle.id);
  const ill = async () => {
    const all = await Promise.all(gateway.programs.map((_, n) => healthOf(`http://127.0.0.1:${port + n}`)));
    return all.filter(({ ok, needsSomebody }) => !ok || needsSomebody);
  };
  await eventually(120_000, 'every service is well', async () => ((await ill()).length === 0 ? true : undefined)).catch(() => undefined);
  t.strictSame(await ill(), []);
});

t.test('T20 a Kafka that lost its data is started empty: what was not read yet is said anew, with no restart of any service', async (t) => {
  const { id, key, provider } = await api.tenant('Kafka lost', ['fabrikam.example']);
  await api.map(id, provider, mapping);
  const founding = { seed: 62, users: 60, groups: 6, url: scimUrl, key, dialect: 'flagged' } as const;
  played(t, await simulate({ ...founding, cycle: 'initial' }));
  await agrees(api, id);
  const consumers = ['profile-sync', 'role-mapper', 'archiver'];
  for (const consumer of consumers) await api.ask('POST', `/consumers/${consumer}/pause`);
  const services = gateway.programs.map(({ name }, n) => ({ name, metrics: `http://127.0.0.1:${port + n}/metrics` }));
  await eventually(60_000, 'they rest', async () => {
    const own = services.filter(({ name }) => consumers.includes(name));
    const said = await Promise.all(own.map(async ({ metrics }) => (await fetch(metrics)).text()));
    return said.every((text) => /claras_consumer_paused\{[^}]*\} 1/.test(text)) || undefined;
  });
  played(t, await simulate({ ...founding, cycle: 'delta' }));
  await eventually(60_000, 'everything is published', async () => {
    const { outboxes } = await api.ask<LagReport>('GET', '/lag');
    return outboxes.every(({ messages }) => messages === 0) ? true : undefined;
  });

  await stopKafka(kafka, 0);
  rmSync(join(dir, 'kafka'), { recursive: true });
  await startKafka(join(dir, 'kafka'), 1, kafka);
  await eventually(120_000, 'the topics are there again', () => api.ask<TopicsReport>('POST', '/topics', {}));
  for (const consumer of consumers) await api.ask('POST', `/consumers/${consumer}/resume`);
  await api.ask('POST', `/tenants/${id}/snapshot`);
  await finished(api, id);
  await agrees(api, id, 180_000);
  played(t, await simulate({ ...founding, cycle: 'leave' }));
  await agrees(api, id);
});
