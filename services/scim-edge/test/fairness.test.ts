import { StoreUnavailable } from '@claras/ports/store/store';
import { createMetrics } from '@claras/service-kit/metrics';
import t from 'tap';
import { eventually } from '../../../test/support/gateway.ts';
import { longestWait, mostInside, mostOfLane, mostWaiting } from '../src/admission.ts';
import { edgeMetrics } from '../src/edge-metrics.ts';
import { edgeOnMemory } from './edge-on-memory.ts';
import { gatedEdge, standingClock, statuses } from './gated-edge.ts';

t.test('T23 a neighbour waits for no more of a flood than is under way at once, and is never refused', async (t) => {
  const { tenant, gate, create, get, reads, atGate, readSoFar } = await gatedEdge(t);
  const [loud, quiet] = [await tenant('Loud'), await tenant('Quiet')];
  for (const { key } of [loud, quiet]) t.equal(await get(key), 200, 'its key is known');
  gate.close();
  const before = readSoFar();
  const flood = Array.from({ length: 300 }, () => create(loud.key));
  await reads(before + flood.length);
  await atGate(mostOfLane);
  const neighbours = Array.from({ length: 5 }, () => create(quiet.key));
  await atGate(mostOfLane + neighbours.length);
  t.strictSame(gate.came.slice(mostOfLane), Array(neighbours.length).fill(quiet.id), 'the next ones are its own');
  gate.open();
  t.strictSame(await statuses([...flood, ...neighbours]), new Set([201]), 'the flood is slowed down, not refused');
});

t.test('a tenant with more requests than may wait gets 429 with Retry-After, and its neighbour an answer', async (t) => {
  const { process, tenant, ...edge } = await edgeOnMemory();
  const metrics = createMetrics('test');
  const app = process({ metrics: edgeMetrics(metrics), runtime: standingClock().runtime });
  t.teardown(() => Promise.all([app.close(), edge.app.close()]));
  const [loud, quiet] = [await tenant('Loud'), await tenant('Quiet')];
  const ask = (key: string, url = '/api/scim/v2/Users?filter=userName+eq+%22x%22') =>
    app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${key}` } });
  for (const { key } of [loud, quiet]) t.equal((await ask(key)).statusCode, 200, 'its key is known');

  const above = 7;
  const flood = Array.from({ length: mostOfLane + mostWaiting + above }, () => ask(loud.key));
  const [neighbour, ...answers] = await Promise.all([ask(quiet.key), ...flood]);
  t.equal(neighbour?.statusCode, 200);
  const refused = answers.filter(({ statusCode }) => statusCode !== 200);
  t.equal(refused.length, above);
  for (const answer of refused) {
    t.match(answer, { statusCode: 429, headers: { 'retry-after': /^\d+$/, 'content-type': /^application\/scim\+json/ } });
    t.match(answer.json(), { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '429', detail: /again/ });
  }
  t.match(await metrics.text(), new RegExp(`claras_scim_rate_limited_total\\{reason="tenant",service="test"\\} ${above}`));
  t.equal((await ask(loud.key)).statusCode, 200, 'once the flood is over, all is as before');
});

t.test('of more token requests than may wait, those above get 429 with Retry-After as an OAuth error', async (t) => {
  const { process, ...edge } = await edgeOnMemory();
  const app = process({ runtime: standingClock().runtime });
  t.teardown(() => Promise.all([app.close(), edge.app.close()]));
  const above = 3;
  const answers = await Promise.all(
    Array.from({ length: mostOfLane + mostWaiting + above }, () =>
      app.inject({
        method: 'POST',
        url: '/api/scim/v2/oauth2/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: 'grant_type=client_credentials&client_id=nobody&client_secret=wrong',
      }),
    ),
  );
  const refused = answers.filter(({ statusCode }) => statusCode !== 401);
  t.equal(refused.length, above);
  for (const answer of refused) {
    t.match(answer, { statusCode: 429, headers: { 'retry-after': /^\d+$/, 'cache-control': 'no-store' } });
    t.match(answer.json(), { error: 'temporarily_unavailable', error_description: /again/ });
  }
});

t.test('who waits too long gets 429, and what is under way is answered all the same', async (t) => {
  const { tenant, gate, create, reads, atGate, clock, hasItsPlaces } = await gatedEdge(t);
  const { key } = await tenant('Slow');
  gate.close();
  const asked = Array.from({ length: mostOfLane + 3 }, () => create(key));
  await reads(asked.length);
  await atGate(mostOfLane);
  const answers: number[] = [];
  for (const { status } of asked) status.then((code) => answers.push(code));
  await eventually(60_000, 'three are refused', async () => {
    clock.advance(longestWait);
    return answers.length === 3 ? true : undefined;
  });
  t.strictSame(answers, [429, 429, 429]);
  gate.open();
  t.strictSame(await statuses(asked), new Set([201, 429]));
  await hasItsPlaces(key);
});

t.test('neither keys that nobody knows nor floods of token requests stand in the way of a tenant whose key is known', async (t) => {
  const edge = await edgeOnMemory();
  const clock = standingClock();
  const app = edge.process({ runtime: clock.runtime });
  t.teardown(() => Promise.all([app.close(), edge.app.close()]));
  const { key } = await edge.tenant('Known');
  const ask = (bearer: string) => app.inject({ method: 'GET', url: '/api/scim/v2/Users', headers: { authorization: `Bearer ${bearer}` } });
  t.equal((await ask(key)).statusCode, 200);
  clock.advance(60_000);
  const order: string[] = [];
  const noting = async (who: string, answer: ReturnType<typeof ask>) => {
    const { statusCode } = await answer;
    order.push(who);
    return statusCode;
  };
  const wrong = Array.from({ length: 500 }, (_, n) => noting('unknown', ask(`${key.slice(0, -4)}${String(n).padStart(4, '0')}`)));
  const tokens = Array.from({ length: 500 }, () =>
    noting(
      'token',
      app.inject({
        method: 'POST',
        url: '/api/scim/v2/oauth2/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: 'grant_type=client_credentials&client_id=known&client_secret=wrong',
      }),
    ),
  );
  const known = noting('known', ask(key));
  t.equal(await known, 200, 'though it must be verified anew');
  t.ok(order.indexOf('known') <= 4 * mostInside, `answered as number ${order.indexOf('known') + 1} of 1,001`);
  t.strictSame(new Set(await Promise.all([...wrong, ...tokens])), new Set([401]));
});

t.test('a client that leaves while it waits takes no place with it, and nothing is written for it', async (t) => {
  const { tenant, gate, create, reads, atGate, server, hasItsPlaces } = await gatedEdge(t);
  const { key } = await tenant('Impatient');
  gate.close();
  const patient = Array.from({ length: mostOfLane }, () => create(key));
  await atGate(mostOfLane);
  const impatient = Array.from({ length: 200 }, () => create(key));
  await reads(patient.length + impatient.length);
  for (const { asked } of impatient) asked.destroy();
  const connections = () => new Promise<number>((told) => server.server.getConnections((_, count) => told(count)));
  await eventually(60_000, 'they are gone', async () => ((await connections()) === patient.length ? true : undefined));
  gate.open();
  t.strictSame(await statuses(patient), new Set([201]));
  await hasItsPlaces(key);
  t.equal(gate.came.length, patient.length + mostOfLane + 5);
});

t.test('who sends its body slowly takes no place meanwhile, from nobody', async (t) => {
  const { tenant, post, get, reads } = await gatedEdge(t);
  const [a, b, c] = [await tenant('A'), await tenant('B'), await tenant('C')];
  const slow = [a, b].flatMap(({ key }) => Array.from({ length: mostOfLane + 8 }, () => post(key)));
  for (const { asked, body } of slow) asked.write(body.slice(0, 5));
  await reads(slow.length);
  for (const { key } of [a, b, c]) t.equal(await get(key), 200);
  for (const { asked, body } of slow) asked.end(body.slice(5));
  t.strictSame(await statuses(slow), new Set([201]));
});

t.test('a key that is revoked while its request waits opens nothing any more', async (t) => {
  const { tenant, keys, gate, create, reads, atGate, clock } = await gatedEdge(t);
  const { id, key } = await tenant('Revoked');
  gate.close();
  const underWay = Array.from({ length: mostOfLane }, () => create(key));
  await atGate(mostOfLane);
  const waits = create(key);
  await reads(mostOfLane + 1);
  await keys.revoke(id, (await keys.list(id))[0]?.id as string);
  clock.advance(1000);
  gate.open();
  t.strictSame(await statuses(underWay), new Set([201]));
  t.equal(await waits.status, 401);
});

t.test('who waits when the process ends is answered first, and its connection ends with that', async (t) => {
  const { tenant, gate, create, reads, atGate, server } = await gatedEdge(t);
  const { key } = await tenant('Late');
  gate.close();
  const asked = Array.from({ length: mostOfLane + 40 }, () => create(key));
  await reads(asked.length);
  await atGate(mostOfLane);
  const closed = server.close();
  await eventually(60_000, 'it is closing', async () => (server.server.listening ? undefined : true));
  gate.open();
  t.strictSame(await statuses(asked), new Set([201]));
  for (const { answer } of asked) t.equal((await answer).headers.connection, 'close');
  await closed;
});

t.test('whatever is answered, and by whatever error, gives back its place once', async (t) => {
  const { tenant, gate, hasItsPlaces, server } = await gatedEdge(t);
  const { key } = await tenant('Faulty');
  const ask = async (method: 'GET' | 'POST' | 'HEAD' | 'PUT' | 'DELETE', path: string, payload?: string, type = 'application/scim+json') =>
    (
      await server.inject({
        method,
        url: `/api/scim/v2${path}`,
        headers: { authorization: `Bearer ${key}`, ...(payload === undefined ? {} : { 'content-type': type }) },
        ...(payload === undefined ? {} : { payload }),
      })
    ).statusCode;
  const { commit } = gate.store;
  gate.store.commit = async (scope, change) => {
    if (scope.startsWith('edge/')) throw new StoreUnavailable('down');
    return commit(scope, change);
  };
  for (let n = 0; n < mostOfLane + 1; n++) {
    t.equal(await ask('POST', '/Users', '{"userName":"x"}'), 503);
    t.equal(await ask('POST', '/Users', '{'), 400);
    t.equal(await ask('POST', '/Users', ''), 400);
    t.equal(await ask('POST', '/Users', 'x', 'text/plain'), 415);
    t.equal(await ask('POST', '/Users', ' '.repeat(1024 * 1024 + 1)), 413);
    t.equal(await ask('POST', '/Users', `{"userName":"${'x'.repeat(40_000)}`), 400, 'a long body that is none');
    t.equal(await ask('GET', '/Users/nobody'), 404);
    t.equal(await ask('GET', '/nothing'), 404);
    t.equal(await ask('PUT', '/Users', '{}'), 405);
    t.equal(await ask('DELETE', '/Users/nobody'), 404);
    t.equal(await ask('HEAD', '/ServiceProviderConfig'), 200);
  }
  gate.store.commit = commit;
  await hasItsPlaces(key);
});
