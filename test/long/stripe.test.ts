import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { SeatReport, SeatRow } from '@claras/contracts/console-api';
import { stripeBilling } from '@claras/ports/billing/stripe-billing';
import t from 'tap';
import { stripeSimulator } from '../../packages/ports/test/stripe-simulator.ts';
import { eventually, freePorts, localGateway } from '../support/gateway.ts';
import { client } from '../support/rule-stories.ts';

const run = promisify(execFile);

t.test('M24 M26 seats in Stripe: billed, held on a swing, explained, approved; access is revoked at once', async (t) => {
  const stripe = await stripeSimulator();
  t.teardown(stripe.close);
  stripe.subscribe('stripe-co', 0);
  const url = `stripe:http://127.0.0.1:${stripe.api.port}`;
  const gateway = await localGateway({ BILLING_URL: url, BILLING_TOKEN: 'sk_test_of_a_simulator' });
  t.teardown(gateway.remove);
  const { api, scimUrl } = gateway;
  const tenant = await api.tenant('Stripe Co', ['a.example']);
  const send = client(scimUrl, tenant.key);
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'];
  const bulk = async (Operations: object[]) =>
    (await send<{ Operations: { location: string }[] }>('POST', '/Bulk', { schemas, Operations })).Operations;
  const made = await bulk(
    Array.from({ length: 40 }, (_, n) => ({ method: 'POST', path: '/Users', bulkId: `u${n}`, data: { userName: `u${n}@a.example` } })),
  );
  const seats = () => api.ask<SeatReport>('GET', `/tenants/${tenant.id}/seats`);
  await eventually(120_000, 'the first cycle is billed', async () => ((await seats()).billed?.quantity === 40 ? true : undefined));
  t.ok(stripe.updates.length <= 2, `${stripe.updates.length} updates for 40 joins`);

  const leave = made.slice(0, 30).map(({ location }) => ({
    method: 'PATCH',
    path: `/Users/${location.split('/').at(-1)}`,
    data: { Operations: [{ op: 'replace', path: 'active', value: 'False' }] },
  }));
  await bulk(leave);
  await eventually(5000, 'access is revoked', async () => {
    const archived = (await api.team(tenant.id)).filter(({ status }) => status === 'archived');
    return archived.length === 30 ? true : undefined;
  });
  const held = await eventually(120_000, 'the bill is held', async () => (await seats()).held ?? undefined);
  t.match(held, { quantity: 10 });
  t.equal(stripe.quantity(tenant.id), 40);
  const told = async () =>
    (await (await fetch(`${gateway.url}/health`)).text()).includes('a swing from 40 to 10 seats waits') ? true : undefined;
  await eventually(60_000, 'it is said on /health', told);
  await t.rejects(api.ask('POST', `/tenants/${tenant.id}/seats/approval`, { quantity: 11 }), /409/);
  await api.ask('POST', `/tenants/${tenant.id}/seats/approval`, { quantity: 10 });
  await eventually(60_000, 'the approved quantity is billed', async () => (stripe.quantity(tenant.id) === 10 ? true : undefined));
  const ledger = await eventually(60_000, 'and explained', async () => {
    const { items } = await api.ask<{ items: SeatRow[] }>('GET', `/tenants/${tenant.id}/seats/ledger`);
    return items[0]?.kind === 'billed' ? items : undefined;
  });
  t.match(ledger.slice(0, 2), [
    { kind: 'billed', before: 40, quantity: 10 },
    { kind: 'held', before: 40, quantity: 10 },
  ]);
  t.match(await seats(), { active: 10, billed: { quantity: 10 }, held: null });
});

t.test('B9 every call has the shape that Stripe’s own specification wants (stripe-mock)', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'stripe-mock-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const built = await run('go', ['install', 'github.com/stripe/stripe-mock@v0.203.0'], { env: { ...process.env, GOBIN: dir } }).catch(
    (error: Error) => error,
  );
  if (built instanceof Error) {
    const how = 'stripe-mock could not be built: install Go (apt install golang-go)';
    if (process.env.REQUIRE_GO) throw new Error(`${how}: ${built.message}`);
    return void t.comment(`NOT RUN: ${how}`);
  }
  const port = await freePorts(3);
  const mock = spawn(join(dir, 'stripe-mock'), ['-http-port', String(port), '-https-port', String(port + 1)], { stdio: 'ignore' });
  t.teardown(async () => {
    mock.kill();
    await once(mock, 'exit');
  });
  await eventually(20_000, 'stripe-mock answers', async () => ((await fetch(`http://127.0.0.1:${port}/`)).status > 0 ? true : undefined));
  // Its fixtures are nobody's: the tenant is written into the subscriptions that it answers with.
  const owned = (_: string, value: { object?: string }) =>
    value?.object === 'subscription' ? { ...value, status: 'active', metadata: { claras_tenant: 'acme' } } : value;
  const refusals: string[] = [];
  const between = createServer(async (request, response) => {
    const headers = { authorization: String(request.headers.authorization), 'content-type': 'application/x-www-form-urlencoded' };
    const question = { method: String(request.method), headers, ...(request.method === 'POST' ? { body: await text(request) } : {}) };
    const answer = await fetch(`http://127.0.0.1:${port}${request.url}`, question);
    const told = await answer.text();
    if (!answer.ok) refusals.push(told);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(JSON.parse(told, owned)));
  }).listen(port + 2, '127.0.0.1');
  t.teardown(() => between.close());
  await once(between, 'listening');
  const billing = stripeBilling({ secretKey: 'sk_test_123', api: { host: '127.0.0.1', port: port + 2, protocol: 'http' } });
  // It keeps nothing and answers with fixtures: what it judges are paths, names and types of parameters.
  t.match(await billing.setSeats('acme', { quantity: 27, version: 5, key: 'acme:5:27:1', at: 1_767_225_600 }), { quantity: Number });
  await billing.billed('acme');
  t.strictSame(refusals, []);
});
