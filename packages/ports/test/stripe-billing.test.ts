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
    // A bank says no to a change, not to a question.
    stripe.next(...([...(fault === 402 ? [undefined] : []), fault] as Fault[]));
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
  stripe.subscribeAgain('twice');
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

t.test('a subscription that was cancelled and made anew, or removed, is looked for again', async (t) => {
  const { stripe, billing } = await open('acme');
  t.teardown(stripe.close);
  await billing.setSeats('acme', seats(5, 5));
  stripe.cancel('acme');
  t.equal(await billing.billed('acme'), undefined, 'nothing is billed on a cancelled one');
  await t.rejects(billing.setSeats('acme', seats(6, 6)), { name: 'BillingRefused', kind: 'unlinked' });
  stripe.subscribe('acme', 1);
  t.strictSame(await billing.setSeats('acme', seats(6, 6)), { quantity: 6, version: 6 }, 'the cancelled one is found by no search');
  t.equal(stripe.quantity('acme'), 6);
});

t.test('a subscription that is another tenant’s by now is not changed any more', async (t) => {
  const { stripe, billing } = await open('acme');
  t.teardown(stripe.close);
  await billing.setSeats('acme', seats(5, 5));
  stripe.handOn('acme', 'hill-sons');
  await t.rejects(billing.setSeats('acme', seats(9, 9)), { name: 'BillingRefused', kind: 'unlinked' });
  t.equal(stripe.quantity('hill-sons'), 5);
});

t.test('seats are the one item with a quantity, or the one that was billed before; among several others none is guessed', async (t) => {
  const { stripe, billing } = await open('acme', 'both');
  t.teardown(stripe.close);
  stripe.meter('acme');
  await billing.setSeats('acme', seats(5, 5));
  t.equal(stripe.quantity('acme'), 5, 'usage has no quantity');
  stripe.subscribe('acme', 1);
  await billing.setSeats('acme', seats(6, 6));
  t.equal(stripe.quantity('acme'), 6, 'another product beside it');
  stripe.subscribe('both', 1);
  await t.rejects(billing.setSeats('both', seats(7, 7)), { kind: 'invalid', message: /several items for seats; claras_seat_version/ });
});

t.test('what is billed by another hand is said, as of version 0', async (t) => {
  const { stripe, billing } = await open();
  t.teardown(stripe.close);
  stripe.subscribe('acme', 500);
  t.strictSame(await billing.billed('acme'), { quantity: 500, version: 0 });
});

t.test('Stripe repeats a saved no to the same key, and says that it will', async (t) => {
  const { stripe, billing } = await open('acme');
  t.teardown(stripe.close);
  await billing.billed('acme');
  stripe.next(...([undefined, 402] as Fault[]));
  await t.rejects(billing.setSeats('acme', seats(1, 1)), { name: 'BillingRefused', kind: 'declined' });
  await t.rejects(
    billing.setSeats('acme', seats(1, 1)),
    { name: 'BillingRefused', kind: 'declined' },
    'a card that was mended meanwhile does not help',
  );
  stripe.next(...([undefined, 'broken'] as Fault[]));
  await t.rejects(billing.setSeats('acme', seats(2, 2)), { name: 'BillingUnavailable', isFinal: true });
  await t.rejects(billing.setSeats('acme', seats(2, 2)), { name: 'BillingUnavailable', isFinal: true });
  stripe.next('rate');
  await t.rejects(billing.setSeats('acme', seats(3, 3)), { name: 'BillingUnavailable', isFinal: false });
});
