import { BillingUnavailable } from '@claras/ports/billing/billing';
import { billingContract } from '@claras/ports/billing/billing.contract';
import { ledgerBilling } from '@claras/ports/billing/ledger-billing';
import { memoryStore } from '@claras/ports/store/memory-store';
import { type Store, StoreUnavailable } from '@claras/ports/store/store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import Fastify from 'fastify';
import t from 'tap';
import { type Ledger, ledger } from '../src/ledger.ts';
import { ledgerPath, ledgerRoutes } from '../src/routes.ts';

const emptyStore = () => memoryStore({ cells: 4, topicOf: {}, runtime });
const inProcess = (store: Store = emptyStore()) => ledger({ store, runtime });
const token = 'token of the ledger in a test';
const authorization = `Bearer ${token}`;
const log = { info() {}, warn() {}, error() {} };

async function overHttp(t: { teardown(handler: () => unknown): void }, served: Ledger = inProcess()) {
  const app = Fastify();
  await app.register(ledgerRoutes({ ledger: served, token, log }), { prefix: ledgerPath });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => app.close());
  return url;
}

t.test('M26 the reference ledger, in process', (t) => billingContract(t, async () => inProcess()));
t.test('M26 the reference ledger, over HTTP', (t) =>
  billingContract(t, async () => ledgerBilling({ url: `ledger:${await overHttp(t)}`, token })),
);

t.test('each change of the bill has a row that explains it, and what changes nothing has none', async (t) => {
  const billing = inProcess();
  await billing.setSeats('a', { quantity: 2, version: 1, key: 'one', at: 1 });
  await billing.setSeats('a', { quantity: 2, version: 2, key: 'two', at: 1 });
  await billing.setSeats('a', { quantity: 5, version: 3, key: 'three', at: 1 });
  const [first, second, ...more] = await billing.rows('a');
  t.match(first, { before: 0, quantity: 2, version: 1, key: 'one' });
  t.match(second, { before: 2, quantity: 5, version: 3, key: 'three' });
  t.strictSame(more, []);
  t.strictSame(await billing.rows('a', 1), [second]);
  t.strictSame(await billing.rows('never billed'), []);
});

t.test('M24 a call whose answer was lost is one effect when it is sent again, to another process too', async (t) => {
  const store = emptyStore();
  const lossy: Store = {
    ...store,
    async commit(...change) {
      await store.commit(...change);
      throw new StoreUnavailable('the answer was lost');
    },
  };
  const seats = { quantity: 3, version: 1, key: 'a:1:3', at: 1 };
  await t.rejects(inProcess(lossy).setSeats('a', seats), StoreUnavailable);
  t.strictSame(await inProcess(store).setSeats('a', seats), { quantity: 3, version: 1 });
  t.equal((await inProcess(store).rows('a')).length, 1);
});

t.test('M24 changes at once are billed one after the other: the rows join up and end at the highest version', async (t) => {
  const billing = inProcess();
  const versions = Array.from({ length: 30 }, (_, n) => ((n * 7) % 30) + 1);
  await Promise.all(versions.map((version) => billing.setSeats('a', { quantity: version * 2, version, key: `a:${version}`, at: 1 })));
  const rows = await billing.rows('a');
  for (const [n, { before }] of rows.entries()) t.equal(before, rows[n - 1]?.quantity ?? 0);
  t.strictSame(await billing.billed('a'), { quantity: 60, version: 30 });
  t.equal(rows.at(-1)?.quantity, 60);
});

t.test('rows are served; what does not fit, or comes without the token, is refused and bills nothing', async (t) => {
  const url = await overHttp(t);
  const at = (rest: string) => `${url}${ledgerPath}/tenants/a/${rest}`;
  t.equal((await fetch(at('rows'))).status, 401);
  const put = (body: object) =>
    fetch(at('seats'), {
      method: 'PUT',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ at: 1, ...body }),
    });
  for (const quantity of [null, '3', -1, 1.5, 1e300, undefined])
    t.equal((await put({ quantity, version: 1, key: 'k' })).status, 400, `a quantity of ${quantity}`);

  const none = await fetch(at('seats'), { headers: { authorization } });
  t.equal(none.status, 404);
  t.match(none.headers.get('content-type'), 'application/problem+json');
  t.match(await none.json(), { code: 'never-billed' });
  await put({ quantity: 3, version: 1, key: 'k', at: 1 });
  t.match(await (await fetch(at('rows?after=0'), { headers: { authorization } })).json(), { rows: [{ before: 0, quantity: 3 }] });
  t.strictSame(await (await fetch(at('rows?after=1'), { headers: { authorization } })).json(), { rows: [] });
});

t.test('M26 a ledger that does not answer, is busy or is broken is unavailable; one that refuses is not', async (t) => {
  const seats = { quantity: 1, version: 1, key: 'k', at: 1 };
  const app = Fastify();
  app.put<{ Params: { tenant: string } }>(`${ledgerPath}/tenants/:tenant/seats`, ({ params }, reply) =>
    reply.code(Number(params.tenant)).send({}),
  );
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const billing = ledgerBilling({ url, token });
  for (const status of ['429', '500', '503']) await t.rejects(billing.setSeats(status, seats), BillingUnavailable, status);
  await t.rejects(billing.setSeats('400', seats), { name: 'Refused', retryable: false });
  await app.close();
  await t.rejects(billing.setSeats('200', seats), BillingUnavailable, 'no connection');

  const down: Store = { ...emptyStore(), read: () => Promise.reject(new StoreUnavailable('down')) };
  const behind = ledgerBilling({ url: await overHttp(t, inProcess(down)), token });
  await t.rejects(behind.billed('a'), BillingUnavailable, 'its store is down');
});
