import { billingContract } from '@claras/ports/billing/billing.contract';
import { ledgerBilling } from '@claras/ports/billing/ledger-billing';
import { memoryStore } from '@claras/ports/store/memory-store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import Fastify from 'fastify';
import t from 'tap';
import { ledger } from '../src/ledger.ts';
import { ledgerPath, ledgerRoutes } from '../src/routes.ts';

const inProcess = () => ledger({ store: memoryStore({ cells: 4, topicOf: {}, runtime }), runtime });
const token = 'token of the ledger in a test';
const log = { info() {}, warn() {}, error() {} };

t.test('M26 the reference ledger, in process', (t) => billingContract(t, async () => inProcess()));

t.test('M26 the reference ledger, over HTTP', async (t) => {
  const app = Fastify();
  await app.register(ledgerRoutes({ ledger: inProcess(), token, log }), { prefix: ledgerPath });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => app.close());
  await billingContract(t, async () => ledgerBilling({ url, token }));
  t.equal((await fetch(`${url}${ledgerPath}/tenants/a/seats`)).status, 401);
});

t.test('each change of the bill has a row that explains it, and what changes nothing has none', async (t) => {
  const billing = inProcess();
  await billing.setSeats('a', { quantity: 2, version: 1, key: 'one' });
  await billing.setSeats('a', { quantity: 2, version: 2, key: 'two' });
  await billing.setSeats('a', { quantity: 5, version: 3, key: 'three' });
  t.match(await billing.rows('a'), [
    { before: 0, quantity: 2, version: 1 },
    { before: 2, quantity: 5, version: 3 },
  ]);
});
