import { fromRecord, toRecord } from '@claras/contracts/cloud-event';
import type { OutcomeFact } from '@claras/contracts/events';
import { topicOfService, topics } from '@claras/contracts/topics';
import {
  type BilledSeats,
  type Billing,
  BillingRefused,
  type BillingRules,
  BillingUnavailable,
  ledgerRules,
} from '@claras/ports/billing/billing';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import { type CoreApp, CoreAppUnavailable } from '@claras/ports/core-app/core-app';
import { memoryStore } from '@claras/ports/store/memory-store';
import { createHealth } from '@claras/service-kit/health';
import { createMetrics } from '@claras/service-kit/metrics';
import { pauses } from '@claras/service-kit/pauses';
import t from 'tap';
import { virtualRuntime } from '../../../packages/ports/test/virtual-runtime.ts';
import { billingSync } from '../src/consumer.ts';

const { name: topic } = topics.team;

async function stage(seed: number, rules: BillingRules = ledgerRules) {
  const runtime = virtualRuntime(seed);
  const bus = memoryBus({ runtime });
  await bus.prepare(Object.values(topics).map(({ name }) => ({ name, partitions: 2 })));
  const store = memoryStore({ cells: 2, topicOf: topicOfService, runtime });
  const health = createHealth();
  const metrics = createMetrics('test');
  const trouble = { rate: 0, down: '' };

  /** Seats of each tenant as the core app counts them, and the version of the count. */
  const teams = new Map<string, { active: number; version: number }>();
  const coreApp: Pick<CoreApp, 'seats'> = {
    async seats(tenant) {
      await runtime.sleep(1);
      if (runtime.random() < trouble.rate) throw new CoreAppUnavailable('down');
      return { ...(teams.get(tenant) ?? { active: 0, version: 0 }) };
    },
  };

  const ledger = new Map<string, BilledSeats>();
  const keys = new Map<string, string>();
  const flying = new Set<string>();
  const calls: string[] = [];
  const reads: string[] = [];
  const billing: Billing = {
    rules,
    async setSeats(tenant, { quantity, version, key }) {
      if (flying.has(tenant)) throw new Error(`two calls in flight for ${tenant}`);
      flying.add(tenant);
      await runtime.sleep(20);
      flying.delete(tenant);
      if (tenant === trouble.down || runtime.random() < trouble.rate) throw new BillingUnavailable('down before');
      const parameters = `${tenant} ${quantity} ${version}`;
      if ((keys.get(key) ?? parameters) !== parameters) throw new Error('a key was used with other parameters');
      const known = ledger.get(tenant);
      if (!keys.has(key) && (known?.version ?? 0) <= version) ledger.set(tenant, { quantity, version });
      keys.set(key, parameters);
      calls.push(tenant);
      if (runtime.random() < trouble.rate) throw new BillingUnavailable('the answer was lost');
      return ledger.get(tenant)!;
    },
    async billed(tenant) {
      reads.push(tenant);
      if (tenant === trouble.down) throw new BillingRefused('invalid', 'two subscriptions');
      return ledger.get(tenant);
    },
  };

  const parts = { bus, store, runtime, health, metrics, coreApp, billing, log: { info() {}, warn() {}, error() {} } };
  const start = (of: Partial<typeof parts> = {}) => billingSync({ ...parts, ...of });

  /** The team changes, and says so. */
  async function change(tenant: string, difference: number): Promise<void> {
    const { active, version } = teams.get(tenant) ?? { active: 0, version: 0 };
    teams.set(tenant, { active: active + difference, version: version + 1 });
    const status = difference > 0 ? 'active' : 'archived';
    const data = { profile: { id: 'p', displayName: 'P', role: 'adviser', status }, cause: 'scim' };
    const type = difference > 0 ? 'profile.created' : 'profile.archived';
    const time = new Date(runtime.now()).toISOString();
    await bus.publish(topic, [toRecord('team', 'core', tenant, version + 1, { type, subject: 'Profiles/p', time, data })]);
  }
  const exact = (tenant: string) => ledger.get(tenant)?.quantity === teams.get(tenant)?.active;
  const stop = async (consumer: { close(): Promise<void> }) => {
    let closed = false;
    consumer.close().then(() => {
      closed = true;
    });
    await runtime.runUntil(() => closed);
  };
  const passed = async (ms: number) => {
    const at = runtime.now() + ms;
    void runtime.sleep(ms);
    await runtime.runUntil(() => runtime.now() >= at);
  };
  const forgetKeys = () => keys.clear();
  return { runtime, bus, store, health, metrics, trouble, ledger, forgetKeys, calls, reads, start, stop, change, exact, passed };
}

t.test('M24 M31 seats are exact after any outages, restarts and swings, with one call in flight for a tenant', async (t) => {
  const tenants = ['acme', 'beta', 'gamma', 'delta'];
  for (let seed = 1; seed <= 30; seed++) {
    const { runtime, trouble, start, stop, change, exact } = await stage(seed);
    trouble.rate = 0.3;
    let consumer = await start();
    for (let n = 0; n < 60; n++) {
      const tenant = tenants[Math.floor(runtime.random() * tenants.length)]!;
      await change(tenant, runtime.random() < 0.6 ? 1 : -1);
      let steps = runtime.random() * 30;
      await runtime.runUntil(() => steps-- < 0);
      if (runtime.random() < 0.1) {
        await stop(consumer);
        consumer = await start();
      }
    }
    await runtime.runUntil(() => tenants.every(exact), 60_000);
    await stop(consumer);
  }
  t.pass('30 histories');
});

t.test('the ledger has a line for each change of the bill, each from where the one before it ended, also of two processes', async (t) => {
  for (let seed = 1; seed <= 5; seed++) {
    const { runtime, store, start, stop, change, exact } = await stage(seed);
    const consumers = [await start(), await start()];
    for (let n = 0; n < 30; n++) {
      await change('acme', runtime.random() < 0.6 ? 1 : -1);
      if (runtime.random() < 0.5) await runtime.runUntil(() => exact('acme'), 60_000);
    }
    await runtime.runUntil(() => exact('acme'), 60_000);
    for (const consumer of consumers) await stop(consumer);
    const cells = await Promise.all([0, 1].map((cell) => store.outbox('billing-sync')!.read(cell, 100)));
    const facts = cells.flat().map(({ record }) => fromRecord<OutcomeFact>('outcome', record));
    const lines = facts.flatMap(({ type, data }) => (type === 'seats.billed' ? [data] : []));
    t.strictSame(
      lines.map(({ before }) => before),
      [null, ...lines.slice(0, -1).map(({ quantity }) => quantity)],
    );
    t.ok(lines.every(({ before, quantity }) => before !== quantity));
  }
});

t.test('M25 a hundred changes within a second are one call, and the quantity is right within the window', async (t) => {
  const { runtime, calls, start, stop, change, exact } = await stage(1);
  const consumer = await start();
  for (let n = 0; n < 100; n++) await change('acme', 1);
  const began = runtime.now();
  await runtime.runUntil(() => exact('acme'));
  t.ok(runtime.now() - began <= 1500, `${runtime.now() - began} ms`);
  t.strictSame(calls, ['acme']);
  await stop(consumer);
});

t.test('M24 a billing system that fails for one tenant keeps no other waiting; it is said on /health and recovers', async (t) => {
  const { runtime, health, trouble, start, stop, change, exact } = await stage(1);
  trouble.down = 'acme';
  const consumer = await start();
  await change('acme', 1);
  await change('beta', 1);
  await runtime.runUntil(() => exact('beta') && !health.report().ok);
  t.strictSame(health.report().checks['billing-sync'], { ok: false, detail: 'seats wait: BillingUnavailable' });
  trouble.down = '';
  await runtime.runUntil(() => exact('acme') && health.report().ok, 30_000);
  t.ok(exact('acme'));
  await stop(consumer);
});

t.test('M24 the hourly comparison finds what a hand changed in the billing system', async (t) => {
  const { runtime, metrics, ledger, forgetKeys, start, stop, change, exact } = await stage(1);
  const consumer = await start();
  await change('acme', 1);
  await runtime.runUntil(() => exact('acme'));
  ledger.set('acme', { quantity: 5, version: 1 });
  let text = '';
  await runtime.runUntil(() => {
    metrics.text().then((now) => {
      text = now;
    });
    return text.includes('claras_billing_seat_drift{tenant="acme"');
  });
  t.match(text, /claras_billing_seat_drift\{tenant="acme",service="test"\} 4/);
  forgetKeys();
  await runtime.runUntil(() => exact('acme'), 7_200_000);
  t.ok(exact('acme'), 'mended once the key is a new one: the day after at the latest');
  await stop(consumer);
});

/** A gauge, as /metrics shows it. */
const driftOf = async (metrics: { text(): Promise<string> }, tenant: string) =>
  new RegExp(`claras_billing_seat_drift\\{tenant="${tenant}",.*\\} (.+)`).exec(await metrics.text())?.[1];

t.test('a drift that was set right is said no longer than a minute more', async (t) => {
  const { runtime, metrics, ledger, forgetKeys, start, stop, change, exact, passed } = await stage(1);
  const consumer = await start();
  await change('acme', 1);
  await runtime.runUntil(() => exact('acme'));
  forgetKeys();
  ledger.set('acme', { quantity: 5, version: 1 });
  await runtime.runUntil(() => exact('acme'), 90_000);
  t.equal(await driftOf(metrics, 'acme'), '4');
  await passed(75_000);
  t.equal(await driftOf(metrics, 'acme'), undefined);
  await stop(consumer);
});

t.test('a tenant whose bill cannot be read does not have all others compared again and again', async (t) => {
  const { runtime, trouble, reads, start, stop, change, exact, passed } = await stage(1);
  const consumer = await start();
  for (const tenant of ['acme', 'beta']) await change(tenant, 1);
  await runtime.runUntil(() => exact('acme') && exact('beta'));
  trouble.down = 'acme';
  await passed(600_000);
  t.equal(reads.filter((tenant) => tenant === 'beta').length, 1);
  t.ok(reads.length > 5, 'it alone is');
  await stop(consumer);
});

t.test('what one of two processes could not bill and the other did is no trouble of the first any more', async (t) => {
  const { runtime, trouble, start, stop, change, exact } = await stage(3);
  const healths = [createHealth(), createHealth()];
  const consumers = [await start({ health: healths[0]! }), await start({ health: healths[1]! })];
  trouble.rate = 0.5;
  for (let n = 0; n < 20; n++) {
    await change('acme', 1);
    await runtime.runUntil(() => exact('acme'), 60_000);
  }
  trouble.rate = 0;
  await runtime.runUntil(() => healths.every((health) => health.report().ok), 10_000);
  t.ok(exact('acme'));
  for (const consumer of consumers) await stop(consumer);
});

t.test('an outage of half an hour while people come and go uses up no budget: the bill is right two minutes after it', async (t) => {
  const rules: BillingRules = { coalesce: 30_000, updatesPerHour: 120, holdsSwings: false, exclusive: true };
  const { runtime, trouble, start, stop, change, exact, passed } = await stage(1, rules);
  const consumer = await start();
  trouble.down = 'acme';
  for (let minute = 0; minute < 30; minute++) {
    for (let n = 0; n < 6; n++) {
      await change('acme', 1);
      await passed(10_000);
    }
  }
  trouble.down = '';
  await runtime.runUntil(() => exact('acme'), 120_000);
  t.ok(exact('acme'));
  await stop(consumer);
});

t.test('seats are compared at a new epoch, also where it began while the consumer was paused', async (t) => {
  const { runtime, store, metrics, ledger, start, stop, change, exact, passed } = await stage(1);
  const { set } = pauses({ store, runtime });
  const consumer = await start();
  await change('acme', 1);
  await runtime.runUntil(() => exact('acme'));
  await passed(90_000);
  ledger.set('acme', { quantity: 5, version: 1 });
  await set('billing-sync', 'paused', 'operator');
  await passed(15_000);
  await store.raiseEpoch();
  await passed(60_000);
  await set('billing-sync', 'resumed', 'operator');
  await passed(30_000);
  t.match(await metrics.text(), /claras_billing_seat_drift\{tenant="acme",service="test"\} 4/);
  await stop(consumer);
});

t.test('an approval that says nothing is passed over, and holds up nobody’s', async (t) => {
  const { runtime, bus, health, start, stop } = await stage(1);
  const consumer = await start();
  const { name: control } = topics.control;
  const approval = { type: 'seats.approved', subject: 'Seats', time: '2026-01-01T00:00:00.000Z' };
  for (const data of [null, {}, { quantity: 'all', by: 'x' }])
    await bus.publish(control, [toRecord('control', 'stranger', 'acme', 1, { ...approval, data })]);
  let waits = true;
  const look = async () => {
    waits = (await bus.lag('billing-sync-control', [control])).some(({ lag }) => lag > 0);
  };
  await runtime.runUntil(() => {
    void look();
    return !waits;
  });
  t.match(health.report().checks['billing-sync-control'], { ok: true });
  await stop(consumer);
});
