import { setTimeout as wait } from 'node:timers/promises';
import { toRecord } from '@claras/contracts/cloud-event';
import { topicOfService, topics } from '@claras/contracts/topics';
import type { Billing } from '@claras/ports/billing/billing';
import { stripeBilling } from '@claras/ports/billing/stripe-billing';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import type { Runtime } from '@claras/ports/runtime';
import { memoryStore } from '@claras/ports/store/memory-store';
import type { Store } from '@claras/ports/store/store';
import { systemRuntime } from '@claras/ports/system-runtime';
import { createHealth } from '@claras/service-kit/health';
import { createMetrics } from '@claras/service-kit/metrics';
import t, { type Test } from 'tap';
import { stripeSimulator } from '../../../packages/ports/test/stripe-simulator.ts';
import { eventually } from '../../../test/support/gateway.ts';
import { billingSync } from '../src/consumer.ts';

/** A clock that runs as much faster: at a hundred, Stripe's window of 30 s is over in 0.3 s, a lease of a minute in 0.6 s. */
const fast = (haste: number): Runtime => {
  const began = systemRuntime.now();
  return {
    ...systemRuntime,
    now: () => began + (systemRuntime.now() - began) * haste,
    sleep: (ms, signal) => systemRuntime.sleep(ms / haste, signal),
  };
};
const silent = { info() {}, warn() {}, error() {} };

async function stage(t: Test, tenants: readonly string[], haste = 100) {
  const runtime = fast(haste);
  const stripe = await stripeSimulator({ clock: runtime.now });
  t.teardown(stripe.close);
  for (const tenant of tenants) stripe.subscribe(tenant, 0);
  const store = memoryStore({ cells: 2, topicOf: topicOfService, runtime });
  const bus = memoryBus({ runtime });
  await bus.prepare(Object.values(topics).map(({ name }) => ({ name, partitions: 2 })));
  const teams = new Map(tenants.map((tenant) => [tenant, { active: 0, version: 0 }]));
  const coreApp: Pick<CoreApp, 'seats'> = { seats: async (tenant) => ({ ...teams.get(tenant)! }) };
  const [health, metrics] = [createHealth(), createMetrics('test')];
  const flying = new Set<string>();
  const overlaps: string[] = [];

  /** A process; `kill` stops it in the middle of whatever it does, for ever. */
  async function start() {
    let alive = true;
    const never = new Promise<never>(() => {});
    const mortal =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        if (!alive) return never;
        const result = await call(...args);
        return alive ? result : never;
      };
    const seen: Store = { ...store, read: mortal(store.read) as Store['read'], range: mortal(store.range), commit: mortal(store.commit) };
    const api = stripeBilling({ secretKey: 'sk_test_123', api: stripe.api, timeout: 300 });
    const billing: Billing = {
      ...api,
      billed: mortal(api.billed),
      setSeats: mortal(async (tenant, seats) => {
        if (flying.has(tenant)) overlaps.push(tenant);
        flying.add(tenant);
        return api.setSeats(tenant, seats).finally(() => flying.delete(tenant));
      }),
    };
    const consumer = await billingSync({ store: seen, bus, runtime, log: silent, health, metrics, coreApp, billing });
    const stop = () => Promise.race([consumer.close(), systemRuntime.sleep(2000)]);
    t.teardown(stop);
    return {
      stop,
      kill(): void {
        alive = false;
        void stop();
      },
    };
  }

  async function change(tenant: string, difference: number): Promise<void> {
    const team = teams.get(tenant)!;
    team.active += difference;
    team.version++;
    const type = difference > 0 ? 'profile.created' : 'profile.archived';
    const data = { profile: { id: 'p', displayName: 'P', role: 'adviser', status: 'active' }, cause: 'scim' };
    const event = { type, subject: 'Profiles/p', time: new Date(runtime.now()).toISOString(), data };
    await bus.publish(topics.team.name, [toRecord('team', 'core', tenant, team.version, event)]);
  }
  /** The same once more, years later. */
  function old(tenant: string, version: number): Promise<void> {
    const data = { profile: { id: 'p', displayName: 'P', role: 'adviser', status: 'active' }, cause: 'scim' };
    const event = { type: 'profile.archived', subject: 'Profiles/p', time: '2020-01-01T00:00:00Z', data };
    return bus.publish(topics.team.name, [toRecord('team', 'core', tenant, version, event)]);
  }
  function erase(tenant: string): Promise<void> {
    const team = teams.get(tenant)!;
    Object.assign(team, { active: 0, version: team.version + 1 });
    const event = { type: 'tenant.erased', subject: `Tenants/${tenant}`, time: new Date(runtime.now()).toISOString(), data: {} };
    return bus.publish(topics.team.name, [toRecord('team', 'core', tenant, team.version, event)]);
  }
  const approve = (tenant: string, quantity: number) => {
    const event = {
      type: 'seats.approved',
      subject: 'Seats',
      time: new Date(runtime.now()).toISOString(),
      data: { quantity, by: 'operator' },
    };
    return bus.publish(topics.control.name, [toRecord('control', 'control', tenant, 1, event)]);
  };
  const exact = (tenant: string) => stripe.quantity(tenant) === teams.get(tenant)?.active;
  async function until(what: string, holds: () => boolean, ms = 15_000): Promise<void> {
    const deadline = systemRuntime.now() + ms;
    while (!holds()) {
      if (systemRuntime.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
      await wait(5);
    }
  }
  return { stripe, health, metrics, overlaps, teams, store, start, change, old, erase, approve, exact, until };
}

t.test(
  'B1 B2 B4 joins and leaves, killed processes, lost answers: the quantity is exact, each change one effect, one call at a time',
  async (t) => {
    const tenants = ['acme', 'beta', 'gamma'];
    const { stripe, overlaps, start, change, exact, until } = await stage(t, tenants, 40);
    stripe.sometimes(0.2, 'after');
    let processes = [await start(), await start()];
    for (let n = 0; n < 400; n++) {
      const tenant = tenants[Math.floor(Math.random() * 3)]!;
      await change(tenant, Math.random() < 0.7 ? 1 : -1);
      await wait(5);
      if (n % 100 === 99) {
        processes[0]!.kill();
        processes = [processes[1]!, await start()];
      }
    }
    stripe.always();
    await until('every bill is exact', () => tenants.every(exact));
    t.strictSame(overlaps, [], 'no two calls for a tenant at once');
    const keys = stripe.updates.map(({ tenant, key }) => `${tenant} ${key}`);
    t.equal(new Set(keys).size, keys.length, `each of ${keys.length} changes once`);
    await Promise.all(processes.map(({ stop }) => stop()));
  },
);

t.test('B3 a storm of 429 loses nothing, and is waited for', async (t) => {
  const { stripe, health, start, change, exact, until } = await stage(t, ['acme']);
  stripe.sometimes(1, 'rate');
  const process = await start();
  for (let n = 0; n < 5; n++) await change('acme', 1);
  await until('it is said on /health', () => JSON.stringify(health.report()).includes('seats wait: BillingUnavailable'));
  stripe.always();
  await until('the bill is exact', () => exact('acme'));
  await process.stop();
});

t.test('B5 B6 B8 three thousand joins and a hundred flaps are a few updates', async (t) => {
  const { stripe, start, change, old, exact, until } = await stage(t, ['acme']);
  const process = await start();
  for (let n = 0; n < 3000; n++) await change('acme', 1);
  await until('the first cycle is billed', () => exact('acme') && stripe.quantity('acme') === 3000);
  const first = stripe.updates.length;
  t.ok(first <= 10, `${first} updates for 3,000 joins`);
  for (let n = 0; n < 100; n++) await change('acme', n % 2 ? 1 : -1);
  await until('the flaps are over', () => exact('acme'));
  await wait(700);
  t.ok(stripe.updates.length - first <= 2, `${stripe.updates.length - first} updates for 100 flaps`);
  const before = stripe.updates.length;
  await old('acme', 7);
  await wait(700);
  t.equal(stripe.updates.length, before, 'B5 an event of long ago changes nothing');
  t.ok(exact('acme'));
  await process.stop();
});

t.test('B7 a quantity that somebody edited in Stripe is seen by the next comparison, and set right', async (t) => {
  const { stripe, metrics, start, change, exact, until } = await stage(t, ['acme'], 2000);
  const process = await start();
  for (let n = 0; n < 4; n++) await change('acme', 1);
  await until('the bill is exact', () => exact('acme'));
  stripe.edit('acme', 9);
  let drift = false;
  await until('it is set right', () => {
    void metrics.text().then((text) => {
      drift ||= /claras_billing_seat_drift\{.*acme.*\} 5/.test(text);
    });
    return exact('acme') && drift;
  });
  await process.stop();
});

t.test('a swing downward waits until somebody approves it, and says so', async (t) => {
  const { stripe, health, metrics, start, change, approve, exact, until } = await stage(t, ['acme']);
  let process = await start();
  for (let n = 0; n < 60; n++) await change('acme', 1);
  await until('the bill is exact', () => exact('acme'));
  for (let n = 0; n < 50; n++) await change('acme', -1);
  await until('it is held', () => JSON.stringify(health.report()).includes('a swing from 60 to 10 seats waits'));
  t.match(health.report(), { ok: true, needsSomebody: true });
  t.match(await metrics.text(), /claras_billing_held_changes\{[^}]*\} 1/);
  await approve('acme', 11);
  await process.stop();
  process = await start();
  await wait(500);
  t.equal(stripe.quantity('acme'), 60, 'held over a restart, and by the approval of another quantity');
  await approve('acme', 10);
  await until('the approved quantity is billed', () => exact('acme'));
  await until('and nothing is held any more', () => !JSON.stringify(health.report()).includes('a swing'));
  t.match(await metrics.text(), /claras_billing_held_changes\{[^}]*\} 0/);
  await process.stop();
});

t.test('a swing from what somebody else set in Stripe waits as well, before anything was billed', async (t) => {
  const { stripe, health, start, change, approve, exact, until } = await stage(t, ['acme']);
  stripe.edit('acme', 500);
  const process = await start();
  for (let n = 0; n < 3; n++) await change('acme', 1);
  await until('it is held', () => JSON.stringify(health.report()).includes('a swing from 500 to 3 seats waits'));
  t.strictSame(stripe.updates, []);
  await approve('acme', 3);
  await until('the approved quantity is billed', () => exact('acme') && health.report().ok && !health.report().needsSomebody);
  await process.stop();
});

t.test('a card that was declined and mended, and a fault that Stripe would repeat for a day, are billed soon after', async (t) => {
  for (const [fault, said] of [
    [402, 'declined'],
    ['broken', 'BillingUnavailable'],
  ] as const) {
    const { stripe, health, start, change, exact, until } = await stage(t, ['acme']);
    stripe.sometimes(1, fault);
    const process = await start();
    await change('acme', 1);
    await until(`${said} is said`, () => JSON.stringify(health.report()).includes(said));
    stripe.always();
    await until('the bill is exact', () => exact('acme') && health.report().ok && !health.report().needsSomebody);
    await process.stop();
  }
});

t.test('B10 an attempt that was broken off in the former period counts from the new one', async (t) => {
  const { stripe, health, start, change, exact, until } = await stage(t, ['acme']);
  stripe.sometimes(1, 'rate');
  const process = await start();
  await change('acme', 1);
  await until('an attempt was broken off', () => JSON.stringify(health.report()).includes('BillingUnavailable'));
  stripe.renew();
  stripe.always();
  await until('the bill is exact', () => exact('acme') && health.report().ok && !health.report().needsSomebody);
  t.equal(stripe.updates.length, 1);
  await process.stop();
});

t.test('a subscription that was cancelled and replaced is billed again', async (t) => {
  const { stripe, health, start, change, exact, until } = await stage(t, ['acme']);
  const process = await start();
  await change('acme', 1);
  await until('the bill is exact', () => exact('acme'));
  stripe.cancel('acme');
  await change('acme', 1);
  await until('it is missing', () => JSON.stringify(health.report()).includes('unlinked'));
  t.match(health.report(), { ok: true, needsSomebody: true }, 'and only somebody can mend it');
  stripe.subscribe('acme', 1);
  await until('the bill is exact', () => exact('acme') && !health.report().needsSomebody);
  await process.stop();
});

t.test('a key that Stripe refuses, and a tenant without a subscription, are said on /health; what is mended goes on', async (t) => {
  const { stripe, health, start, change, exact, until } = await stage(t, ['acme']);
  stripe.sometimes(1, 401);
  const process = await start();
  await change('acme', 1);
  await until('said', () => JSON.stringify(health.report()).includes('disconnected'));
  stripe.always();
  await until('the bill is exact', () => exact('acme'));
  await process.stop();
});

t.test('S31 of an erased tenant no seat is billed, no swing waits for an approval, and nothing late bills it again', async (t) => {
  const { stripe, teams, store, start, change, old, erase, exact, until } = await stage(t, ['acme', 'gone', 'beta']);
  const process = await start();
  for (let n = 0; n < 30; n++) await change('acme', 1);
  await change('gone', 1);
  await until('all are billed', () => exact('acme') && exact('gone'));
  stripe.cancel('gone');
  for (const tenant of ['acme', 'gone']) await erase(tenant);
  const known = async () => (await store.range('billing-sync/', 'tenants', { limit: 10 })).members;
  await eventually(15_000, 'both are forgotten', async () => ((await known()).length === 0 ? true : undefined));
  t.equal(stripe.quantity('acme'), 0);
  t.strictSame([await store.sweep('billing-sync/acme'), await store.sweep('billing-sync/gone')], [true, true]);

  const { length } = stripe.updates;
  await old('acme', 3);
  await old('acme', teams.get('acme')!.version);
  await change('beta', 1);
  await until('what came behind it is billed', () => exact('beta'));
  t.strictSame([stripe.updates.slice(length).map(({ tenant }) => tenant), await known()], [['beta'], ['beta']]);
  await process.stop();
});
