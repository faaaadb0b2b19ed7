import { deepStrictEqual } from 'node:assert/strict';
import { toRecord } from '@claras/contracts/cloud-event';
import { type CoreChange, type CoreOutcome, changesPerCall } from '@claras/contracts/core-app';
import type { DirectoryEvent } from '@claras/contracts/events';
import { topicOfService, topics } from '@claras/contracts/topics';
import type { Role } from '@claras/domain/role';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import { type CoreApp, CoreAppUnavailable } from '@claras/ports/core-app/core-app';
import { memoryStore } from '@claras/ports/store/memory-store';
import type { Json } from '@claras/ports/store/store';
import { createHealth } from '@claras/service-kit/health';
import { createMetrics } from '@claras/service-kit/metrics';
import fc from 'fast-check';
import t from 'tap';
import { type VirtualRuntime, virtualRuntime } from '../../../packages/ports/test/virtual-runtime.ts';
import { roleMapper } from '../src/consumer.ts';
import { group, groupGone, history, mapping, members, rename, someHistory } from './histories.ts';

const { name: topic } = topics.directory;

/** Roles as the core app keeps them: a fence for each user, and an owner that is left alone where the change says so. */
function roleKeeper(runtime: VirtualRuntime, trouble: number) {
  const roles = new Map<string, Role>();
  const fences = new Map<string, number>();
  const effects: string[] = [];
  const calls: number[] = [];
  const judge = (change: CoreChange): CoreOutcome => {
    const { user, sequence } = change;
    if (change.facet !== 'role' || (fences.get(user) ?? 0) >= sequence) return { outcome: 'stale' };
    fences.set(user, sequence);
    effects.push(`${user} ${sequence} ${change.role}`);
    if (roles.get(user) === 'owner' && change.unlessCurrentRole === 'owner') return { outcome: 'refused' };
    roles.set(user, change.role);
    return { outcome: 'applied' };
  };
  const coreApp: Pick<CoreApp, 'apply'> = {
    async apply(_, changes) {
      calls.push(changes.length);
      const reached = runtime.random() < trouble ? Math.floor(runtime.random() * changes.length) : changes.length;
      const outcomes = changes.slice(0, reached).map(judge);
      if (reached < changes.length || runtime.random() < trouble) throw new CoreAppUnavailable('cut off');
      return outcomes;
    },
  };
  return { coreApp, roles, effects, calls };
}

async function stage(seed: number, trouble: number) {
  const runtime = virtualRuntime(seed);
  const bus = memoryBus({ runtime });
  await bus.prepare([{ name: topic, partitions: 1 }]);
  const store = memoryStore({ cells: 1, topicOf: topicOfService, runtime });
  const keeper = roleKeeper(runtime, trouble);
  const parts = { bus, store, runtime, coreApp: keeper.coreApp, health: createHealth(), metrics: createMetrics('test') };
  const start = () => roleMapper({ ...parts, log: { info() {}, warn() {}, error() {} } });
  const publish = (tenant: string, events: readonly DirectoryEvent[]) =>
    bus.publish(
      topic,
      events.map((event) => toRecord('directory', 'edge', tenant, event.sequence, event)),
    );

  const stop = async (consumer: { close(): Promise<void> }) => {
    let closed = false;
    consumer.close().then(() => {
      closed = true;
    });
    await runtime.runUntil(() => closed);
  };
  const somewhat = async () => {
    let steps = runtime.random() * 30;
    await runtime.runUntil(() => steps-- < 0);
  };
  async function untilApplied(tenant: string, sequence: number): Promise<void> {
    let applied = 0;
    const look = async () => {
      const [position] = await store.read<{ applied: number }>(`role-mapper/${tenant}`, ['position']);
      applied = position?.value.applied ?? 0;
    };
    await runtime.runUntil(() => {
      void look();
      return applied >= sequence;
    });
  }
  /** All that the projection holds of users and groups. */
  async function projection(tenant: string): Promise<Record<string, Json | undefined>> {
    const scope = `role-mapper/${tenant}` as const;
    const { members: users } = await store.range(scope, 'users', { limit: 5000 });
    const keys = ['mapping', ...['u1', 'u2', 'u3', 'u4', 'u5'].map((id) => `user:${id}`), ...['g1', 'g2', 'g3'].map((id) => `group:${id}`)];
    const entries = await store.read(scope, keys);
    const indexes = await Promise.all(['g1', 'g2', 'g3'].map((id) => store.range(scope, `members:${id}`, { limit: 100 })));
    return {
      users,
      members: indexes.map((index) => index.members),
      ...Object.fromEntries(entries.map((entry, n) => [keys[n], entry?.value])),
    };
  }
  return { ...keeper, metrics: parts.metrics, start, stop, publish, somewhat, untilApplied, projection };
}

async function play(events: readonly DirectoryEvent[], seed: number, cuts: readonly number[]) {
  const { start, stop, publish, somewhat, untilApplied, projection, effects, roles } = await stage(seed, cuts.length > 0 ? 0.2 : 0);
  let consumer = await start();
  let from = 0;
  for (const cut of [...cuts, events.length]) {
    await publish('acme', events.slice(from, cut));
    await publish('acme', events.slice(Math.max(0, from - 2), cut));
    from = Math.max(from, cut);
    if (cut === events.length) break;
    await somewhat();
    await stop(consumer);
    consumer = await start();
  }
  await untilApplied('acme', events.length);
  await stop(consumer);
  return { effects: effects.sort(), roles: [...roles].sort(), projection: await projection('acme') };
}

t.test('M12 M31 one history, cut by crashes and outages anywhere, gives one result', async () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(someHistory, cuts, fc.integer({ min: 1, max: 1_000_000 }), async (events, places, seed) => {
      const within = places.filter((place) => place < events.length).sort((a, b) => a - b);
      deepStrictEqual(await play(events, seed, within), await play(events, 1, []));
    }),
    { numRuns: 60 },
  );
});

const many = Array.from({ length: 1300 }, (_, n) => `u${String(n).padStart(4, '0')}`);
const big = history([
  group('g', 'Sales'),
  ...[0, 500, 1000].map((n) => members('g', many.slice(n, n + 500))),
  mapping({ manager: ['Sales'], adviser: ['Support'] }),
  rename('g', 'Support'),
  groupGone('g'),
]);

t.test('M8 a mapping edited for 1,300 users re-checks all of them, across crashes, while other tenants go on', async (t) => {
  const { start, stop, publish, somewhat, untilApplied, roles, effects, calls } = await stage(7, 0.1);
  let consumer = await start();
  await publish('acme', big.slice(0, 6));
  for (let n = 0; n < 6; n++) {
    await somewhat();
    await stop(consumer);
    consumer = await start();
  }
  await publish('beta', history([mapping({ owner: ['Sales'] }), group('h', 'Sales'), members('h', ['boss'])]));
  await untilApplied('beta', 3);
  t.equal(roles.get('boss'), 'owner');
  await untilApplied('acme', 6);
  t.ok(
    many.every((user) => roles.get(user) === 'adviser'),
    'everyone has the role of the renamed group',
  );
  t.equal(effects.length, 2 * many.length + 1, 'each change had its effect once');
  t.ok(Math.max(...calls) <= changesPerCall);

  await publish('acme', big.slice(6));
  await untilApplied('acme', 7);
  t.ok(
    many.every((user) => roles.get(user) === 'adviser'),
    'M9 a deleted group changes no role',
  );
  await stop(consumer);
});

t.test('M10 a lower role that an owner did not get is counted', async (t) => {
  const { metrics, roles, start, stop, publish, untilApplied } = await stage(3, 0);
  for (const owner of ['ann', 'bo']) roles.set(owner, 'owner');
  const consumer = await start();
  await publish('acme', history([mapping({ manager: ['Leads'] }), group('g', 'Leads'), members('g', ['ann', 'bo', 'cy'])]));
  await untilApplied('acme', 3);
  t.strictSame(
    [...roles],
    [
      ['ann', 'owner'],
      ['bo', 'owner'],
      ['cy', 'manager'],
    ],
  );
  t.match(await metrics.text(), /claras_owner_downgrade_blocked_total\{[^}]*\} 2/);
  await stop(consumer);
});
