import t from 'tap';
import { billingContract } from '../src/billing/billing.contract.ts';
import { stripeBilling } from '../src/billing/stripe-billing.ts';
import { type Fault, stripeSimulator } from './stripe-simulator.ts';

const open = async (...tenants: string[]) => {
  const stripe = await stripeSimulator();
  for (const tenant of tenants) stripe.subscribe(tenant);
  return { stripe, billing: stripeBilling({ secretKey: 'sk_test_123', api: stripe.api, timeout: 500 }) };
};
const seats = (quantity: number, version: number) => ({ quantity, version, key: `${version}:${quantity}`, at: 1_767_225_600 });

t.test('billing contract: Stripe', async (t) => {
  const { stripe, billing } = await open('a', 'b', 'c', 'd', 'e');
  t.teardown(stripe.close);
  await billingContract(t, async () => billing);
});

t.test('B2 a lost request, a lost answer, a 500 and a silence are one effect', async (t) => {
  const { stripe, billing } = await open('acme');
  t.teardown(stripe.close);
  await billing.billed('acme'); // finds the subscription
  let version = 0;
  for (const fault of ['before', 'after', 500, 'hang'] as Fault[]) {
    // The first of the two calls reads the item, the second changes it.
    version++;
    const done = billing.setSeats('acme', seats(version * 3, version));
    stripe.next(...([undefined, fault] as Fault[]));
    t.strictSame(await done, { quantity: version * 3, version }, String(fault));
  }
  t.strictSame(
    stripe.updates.map(({ quantity }) => quantity),
    [3, 6, 9, 12],
    'each once',
  );
});

t.test('what Stripe says is told as what it means for us', async (t) => {
  const { stripe, billing } = await open('acme');
  t.teardown(stripe.close);
  await billing.billed('acme');
  for (const [fault, wanted] of [
    ['rate', { name: 'BillingUnavailable', retryable: true }],
    ['lock', { name: 'BillingUnavailable' }],
    [401, { name: 'BillingRefused', kind: 'disconnected' }],
    [402, { name: 'BillingRefused', kind: 'declined' }],
  ] as const) {
    stripe.next(fault);
    await t.rejects(billing.setSeats('acme', seats(1, 1)), wanted, String(fault));
  }
  await t.rejects(billing.setSeats('nobody', seats(1, 1)), { name: 'BillingRefused', kind: 'unlinked' });
  t.equal(await billing.billed('nobody'), undefined);
  await billing.setSeats('acme', seats(5, 5));
  await t.rejects(
    billing.setSeats('acme', { ...seats(6, 6), key: '5:5' }),
    { name: 'BillingRefused', kind: 'invalid' },
    'a key with other parameters is a bug',
  );
  t.equal(stripe.quantity('acme'), 5);
  stripe.subscribe('twice');
  stripe.subscribe('twice');
  await t.rejects(billing.setSeats('twice', seats(1, 1)), { kind: 'invalid', message: /two subscriptions/ });
});

t.test('B10 an attempt that is repeated counts from the same moment', async (t) => {
  const { stripe, billing } = await open('acme');
  t.teardown(stripe.close);
  const attempt = seats(7, 1);
  stripe.next('rate');
  await t.rejects(billing.setSeats('acme', attempt));
  await billing.setSeats('acme', attempt);
  await billing.setSeats('acme', attempt);
  t.match(stripe.updates, [{ quantity: 7, proration: attempt.at }]);
  t.equal(stripe.updates.length, 1);
});
