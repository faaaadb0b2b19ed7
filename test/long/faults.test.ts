import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { toRecord } from '@claras/contracts/cloud-event';
import type { DeadLetterPage, DeadLettersDecided } from '@claras/contracts/console-api';
import { topicOfService, topics } from '@claras/contracts/topics';
import { kafkaBus } from '@claras/ports/bus/kafka-bus';
import { redisStore } from '@claras/ports/store/redis-store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { deadLetters } from '@claras/service-kit/dead-letters';
import t from 'tap';
import { kafkaUrl, startKafka, stopKafka } from '../../deploy/native/kafka.ts';
import { redisUrl, startRedis, stopRedis } from '../../deploy/native/redis.ts';
import { dropProxy } from '../../packages/ports/test/drop-proxy.ts';
import { kafkaProxy } from '../../packages/ports/test/kafka-proxy.ts';
import { eventually, freePorts, isWell } from '../support/gateway.ts';
import type { CycleName } from '../support/provisioned.ts';
import { gatewayInStorms } from '../support/storm.ts';

/** Faults while Entra provisions (facts: T02 to T17), with every service as its own process on real Redis and Kafka. */
const dir = mkdtempSync(join(tmpdir(), 'claras-faults-'));
const port = await freePorts(8);
const [redis, kafka] = await Promise.all([startRedis(join(dir, 'redis')), startKafka(join(dir, 'kafka'), 1)]);
const toKafka = await kafkaProxy(kafka.brokers[0]!.port);
const toCore = await dropProxy(port + 2, '127.0.0.1');
const { programs, scimUrl, api, storm, pidOf, stop } = gatewayInStorms(
  t,
  { dir, port, storeUrl: redisUrl(redis), busUrl: toKafka.url },
  { CORE_APP_URL: `http://127.0.0.1:${toCore.port}` },
);
t.teardown(async () => {
  await stop();
  await Promise.all([toCore.goDown(), toKafka.close()]);
  await Promise.all([stopKafka(kafka, 0), stopRedis(redis, 0)]);
  rmSync(dir, { recursive: true, force: true });
});

let calm = 0;

t.test('without faults, to compare with', async (t) => {
  calm = await storm(t, 'Calm', async () => 0);
});

t.test('T02 kill -9 of a process every 0.5 to 3 s: exact, and in at most three times the time', async (t) => {
  const names = programs.map(({ name }) => name).filter((name) => name !== 'console');
  const took = await storm(t, 'Killed', async (over) => {
    let times = 0;
    for (; !over(); times++) {
      await sleep(500 + ((times * 997) % 2500));
      const pid = pidOf(names[(times * 5) % names.length]!);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {} // it is being started again
    }
    t.ok(times >= 3, `${times} kills`);
    return times;
  });
  // A killed consumer is missed for its session, 6 s, before the last of the work can be done.
  t.ok(took <= 3 * calm + 10_000, `${took} ms, ${calm} ms without faults`);
});

t.test('T03 kill -9 of Redis again and again under load: no acknowledged write is lost, nothing is torn', async (t) => {
  await storm(t, 'Redis killed', async (over) => {
    let times = 0;
    for (; !over() && times < 10; times++) {
      await stopRedis(redis, 0);
      await startRedis(join(dir, 'redis'), redis);
      await sleep(1500);
    }
    t.ok(times >= 3, `${times} kills`);
    return times;
  });
});

t.test('T05 Kafka killed and away for 10 s: the edge goes on taking writes, its outbox keeps them, then drains', async (t) => {
  const tenant = await api.tenant('Without Kafka', ['fabrikam.example']);
  await stopKafka(kafka, 0);
  const headers = { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/scim+json' };
  const statuses = new Set<number>();
  const until = Date.now() + 10_000;
  let made = 0;
  for (; Date.now() < until; made++) {
    const body = {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: `u${made}@fabrikam.example`,
      displayName: `u${made}`,
    };
    statuses.add((await fetch(`${scimUrl}/Users`, { method: 'POST', headers, body: JSON.stringify(body) })).status);
    await sleep(20);
  }
  t.strictSame([...statuses], [201], `${made} users were made while Kafka was away`);
  await eventually(60_000, 'the outbox is seen to have them', async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const depths = [...metrics.matchAll(/^claras_outbox_entries\{[^}]*\} (\d+)/gm)].map(([, value]) => Number(value));
    return depths.reduce((sum, depth) => sum + depth, 0) >= made || undefined;
  });
  const isIll = async () => (await fetch(`http://127.0.0.1:${port}/health`)).status === 503 || undefined;
  await eventually(60_000, 'and it is told', isIll);
  await startKafka(join(dir, 'kafka'), 1, kafka);
  await eventually(180_000, 'all of them are in the team', async () => ((await api.team(tenant.id)).length === made ? true : undefined));
  await eventually(60_000, 'health is whole again', () => isWell(`http://127.0.0.1:${port}`));
});

t.test('T05 the broker killed and started again under load', async (t) => {
  await storm(t, 'Broker killed', async (over) => {
    let times = 0;
    for (; !over() && times < 3; times++) {
      await stopKafka(kafka, 0);
      await startKafka(join(dir, 'kafka'), 1, kafka);
      await sleep(2000);
    }
    return times;
  });
});

t.test(
  'T06 Kafka takes records, serves them and keeps offsets, and its answers are lost: effects once, in at most three times the time',
  async (t) => {
    toKafka.lose({ produce: 20, fetch: 40, offsetCommit: 20 });
    const took = await storm(t, 'Answers lost', async (over) => {
      while (!over()) await sleep(100);
      return Object.values(toKafka.lost).reduce((sum, times) => sum + times, 0);
    });
    toKafka.lose({});
    t.comment(JSON.stringify(toKafka.lost));
    for (const api of ['produce', 'fetch', 'offsetCommit'] as const)
      t.ok(toKafka.lost[api]! >= 2, `${toKafka.lost[api]} answers to ${api}`);
    t.ok(took <= 3 * calm + 10_000, `${took} ms, ${calm} ms without faults`);
  },
);

t.test('T09 T10 the core app applies and its answer is lost, hangs, and is away: each effect once', async (t) => {
  await storm(t, 'Core app', async (over) => {
    let times = 0;
    for (; !over() && times < 30; times++) {
      if (times % 10 === 4) {
        toCore.hang();
        await sleep(3000);
        await toCore.comeBack();
      } else if (times % 10 === 8) {
        await toCore.goDown();
        await sleep(2000);
        await toCore.comeBack();
      } else await Promise.race([toCore.loseNextAnswer(), sleep(1000)]);
      await sleep(150);
    }
    await toCore.comeBack();
    t.ok(times >= 5, `${times} faults`);
    return times;
  });
});

t.test('T14 a consumer that stands still past its session and wakes is a zombie: the other’s work stands', async (t) => {
  const { main, env } = programs.find(({ name }) => name === 'profile-sync')!;
  const second: ChildProcess = spawn(process.execPath, [main], { env: { ...process.env, ...env, PORT: '0' }, stdio: 'ignore' });
  t.teardown(() => second.kill('SIGKILL'));
  await sleep(3000); // it joins: what it gets is settled by the broker
  await storm(t, 'Zombie', async (over) => {
    let times = 0;
    for (; !over() && times < 3; times++) {
      const frozen = times % 2 === 0 ? pidOf('profile-sync') : (second.pid as number);
      process.kill(frozen, 'SIGSTOP');
      await sleep(9000);
      process.kill(frozen, 'SIGCONT');
      await sleep(1000);
    }
    return times;
  });
});

t.test('T17 a rolling restart with SIGTERM under load: no request fails for good, what is in hand is finished', async (t) => {
  let times = 0;
  const rolling = async (over: () => boolean) => {
    for (const { name } of programs) {
      if (over()) break;
      const pid = pidOf(name);
      process.kill(pid, 'SIGTERM');
      const began = Date.now();
      await eventually(60_000, `${name} is another process`, async () => (pidOf(name) === pid ? undefined : true));
      const took = Date.now() - began;
      t.ok(took < 10_000, `${name} ended within 10 s: ${took} ms`);
      await sleep(800);
      times++;
    }
    t.ok(times >= 4, `${times} restarts`);
    return times;
  };
  // However quick the machine is: the last cycle meets some of them.
  const isDue = async (cycle: CycleName) =>
    cycle === 'leave' && eventually(120_000, 'three are restarted', async () => times >= 3 || undefined);
  await storm(t, 'Rolling', rolling, ['initial', 'leave'], isDue);
});

/** What is answered when it was the same for 5 s. */
async function restsAt(ask: () => Promise<number>): Promise<number> {
  for (let last = await ask(), since = Date.now(); ; await sleep(100)) {
    const now = await ask();
    if (now === last && Date.now() - since > 5000) return last;
    if (now !== last) [last, since] = [now, Date.now()];
  }
}

t.test('T13 a consumer is paused and resumed under load: it applies nothing in between, and all of it afterwards', async (t) => {
  await storm(t, 'Paused', async (over, tenant) => {
    await eventually(60_000, 'people arrive', async () => ((await api.team(tenant)).length > 0 ? true : undefined));
    await api.ask('POST', '/consumers/profile-sync/pause');
    await eventually(60_000, 'every process obeys', async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${port + 4}/metrics`)).text();
      return /claras_consumer_paused\{[^}]*\} 1/.test(metrics) ? true : undefined;
    });
    // What had begun goes on to its end.
    const before = await restsAt(async () => (await api.team(tenant)).length);
    while (!over()) await sleep(100);
    t.equal((await api.team(tenant)).length, before);
    t.ok(await isWell(`http://127.0.0.1:${port + 4}`), 'and is healthy');
    await api.ask('POST', '/consumers/profile-sync/resume');
    return 1;
  });
});

t.test('T11 poison on the topic is parked whole, blocks nobody, and is replayed or dropped by the operator', async (t) => {
  const { name: topic } = topics.directory;
  const bus = kafkaBus(kafkaUrl(kafka), { clientId: 'poison', runtime });
  const ours = (sequence: string) => ({
    ...{ ce_specversion: '1.0', ce_id: `poison:${sequence}`, ce_source: '/claras/directory', ce_type: 'ai.claras.directory.user.created' },
    ...{ ce_time: new Date().toISOString(), ce_subject: 'Users/x', ce_sequence: sequence },
  });
  const poison = [
    { key: 'poison', value: 'not json', headers: ours('1') },
    { key: 'poison', value: '{}', headers: { ...ours('1'), ce_type: 'com.example.other' } },
    { key: 'poison', value: '{}', headers: ours('minus one') },
    { key: '', value: '{}', headers: {} },
    { key: 'poison', value: 'x'.repeat(900_000), headers: {} },
  ];
  await bus.publish(topic, poison);
  await bus.close();
  await storm(t, 'Beside poison', async () => poison.length);
  const consumers = topics.directory.readers.length;
  const listed = await api.ask<DeadLetterPage>('GET', '/dead-letters');
  t.equal(listed.total, poison.length * consumers, 'each of them, for each consumer');
  t.ok(listed.items.every(({ reason }) => reason.length > 0));
  const tried = await api.ask<DeadLettersDecided>('POST', '/dead-letters/replay', { dryRun: true });
  t.ok(tried.items.every(({ verdict }) => verdict === 'fails'));
  await api.ask('POST', '/dead-letters/replay', { consumer: 'archiver' });
  await eventually(90_000, 'they are parked again', async () => {
    const { items } = await api.ask<DeadLetterPage>('GET', '/dead-letters?consumer=archiver');
    return items.length === poison.length && items.every(({ attempts }) => attempts === 2) ? true : undefined;
  });
  await api.ask('POST', '/dead-letters/drop', { ids: listed.items.map(({ id }) => id) });
  t.equal((await api.ask<DeadLetterPage>('GET', '/dead-letters')).total, 0);
});

t.test(
  'T12 T13 a replay of a thousand is killed again and again: each has one effect, and an archived person never comes back',
  async (t) => {
    const { id, key } = await api.tenant('Replayed', ['fabrikam.example']);
    const archived = { id: 'gone', userName: 'gone@fabrikam.example', displayName: 'Gone', active: true };
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
    const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
    const send = (method: string, path: string, body: object) => fetch(scimUrl + path, { method, headers, body: JSON.stringify(body) });
    const made = (await (await send('POST', '/Users', { schemas, ...archived, id: undefined })).json()) as { id: string };
    await send('PATCH', `/Users/${made.id}`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'Replace', path: 'active', value: 'False' }],
    });
    await eventually(90_000, 'the profile is archived', async () => ((await api.team(id))[0]?.status === 'archived' ? true : undefined));

    // As a version that could read less would have left them.
    const store = redisStore(redisUrl(redis), { cells: 64, topicOf: topicOfService, runtime });
    const letters = deadLetters(store, runtime);
    const { name: topic } = topics.directory;
    const at = new Date().toISOString();
    const park = async (consumer: string, tenant: string, sequence: number, type: string, data: object) => {
      const record = toRecord('directory', 'edge', tenant, sequence, { type, subject: 'Users/x', time: at, data });
      await letters.add(consumer, { topic, partition: 0 }, { ...record, offset: `${9_000_000 + sequence}`, time: Date.now() }, 'a test');
    };
    await park('archiver', id, 2, 'user.updated', { user: { ...archived, id: made.id }, changed: ['active'] });
    const another = await api.tenant('Parked', ['fabrikam.example']);
    const many = 1000;
    // The tenant's first event is its own; these follow on it.
    for (let n = 0; n < many; n++) {
      const user = { id: `p${n}`, userName: `p${n}@fabrikam.example`, displayName: `P${n}`, active: true };
      await park('profile-sync', another.id, n + 2, 'user.created', { user });
    }
    await store.close();

    await api.ask('POST', '/dead-letters/replay', { consumer: 'archiver' });
    await api.ask('POST', '/dead-letters/replay', { consumer: 'profile-sync', rate: 200 });
    const replayed = async (consumer: string) =>
      (await api.ask<DeadLetterPage>('GET', `/dead-letters?state=replayed&consumer=${consumer}&limit=1000`)).items;
    for (const reached of [100, 400]) {
      await eventually(120_000, `${reached} are replayed`, async () =>
        (await replayed('profile-sync')).length >= reached ? true : undefined,
      );
      process.kill(pidOf('profile-sync'), 'SIGKILL');
    }
    await eventually(180_000, 'all are replayed', async () => ((await replayed('profile-sync')).length === many ? true : undefined));
    t.ok((await replayed('profile-sync')).every(({ outcome }) => outcome === 'applies' || outcome === 'superseded'));
    t.equal((await api.team(another.id)).length, many, 'one profile each');
    t.equal((await api.seats(another.id)).active, many);
    const archivers = await eventually(60_000, 'the archiver’s, too', async () => {
      const found = await replayed('archiver');
      return found.length === 1 ? found : undefined;
    });
    t.match(archivers, [{ outcome: 'superseded' }]);
    t.match(await api.team(id), [{ status: 'archived' }]);
  },
);
