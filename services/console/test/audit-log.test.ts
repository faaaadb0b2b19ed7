import { toRecord } from '@claras/contracts/cloud-event';
import type { TeamFact } from '@claras/contracts/events';
import { topicOfService, topics } from '@claras/contracts/topics';
import { audit } from '@claras/directory/audit';
import { tenants } from '@claras/directory/tenants';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import { memoryStore } from '@claras/ports/store/memory-store';
import { deadLetters } from '@claras/service-kit/dead-letters';
import { createHealth } from '@claras/service-kit/health';
import { createMetrics } from '@claras/service-kit/metrics';
import t from 'tap';
import { virtualRuntime } from '../../../packages/ports/test/virtual-runtime.ts';
import { auditLog } from '../src/audit-log/consumer.ts';

const profile = (role: 'owner' | 'manager' | 'adviser') => ({ id: 'ann', displayName: 'Ann', role, status: 'active' }) as const;
const facts: TeamFact[] = [
  { type: 'profile.created', data: { profile: profile('adviser'), cause: 'scim' } },
  { type: 'profile.created', data: { profile: profile('manager'), cause: 'scim' } },
  {
    type: 'profile.role.changed',
    data: { profile: profile('owner'), before: { role: 'manager', status: 'active' }, cause: 'hand', by: 'bo' },
  },
  { type: 'profile.archived', data: { profile: profile('owner'), before: { role: 'owner', status: 'active' }, cause: 'scim' } },
];

t.test('roles that changed stand in the audit log, and are counted by what they were, what they are, and why', async (t) => {
  const runtime = virtualRuntime(1, Date.parse('2026-06-01T00:00:00Z'));
  const store = memoryStore({ cells: 1, topicOf: topicOfService, runtime });
  const bus = memoryBus({ runtime });
  await bus.prepare([{ name: topics.team.name, partitions: 1 }]);
  const metrics = createMetrics('test');
  const durable = { store, runtime };
  await tenants(durable).create({ name: 'acme' });
  const log = { info() {}, warn() {}, error() {} };
  const consumer = await auditLog({ ...durable, bus, log, metrics, health: createHealth() });
  const time = '2026-06-01T00:00:00Z';
  const records = facts.map((fact, n) => toRecord('team', 'core', 'acme', n + 1, { ...fact, subject: 'Profiles/ann', time }));
  await bus.publish(topics.team.name, records);

  const counted = async () => (await metrics.text()).match(/(?<=^claras_role_changes_total)\S+ \d+$/gm) ?? [];
  let found: string[] = [];
  await runtime.runUntil(() => {
    void counted().then((now) => {
      found = now;
    });
    return found.length === 2;
  }, 60_000);
  t.strictSame(found.sort(), [
    '{from="manager",to="owner",cause="hand",service="test"} 1',
    '{from="none",to="manager",cause="scim",service="test"} 1',
  ]);
  const deeds = await audit(durable).list('acme', { limit: 10 });
  t.match(
    deeds.map(({ by, action, details }) => ({ by, action, details })),
    [
      { by: 'bo', action: 'role.changed', details: { from: 'manager', to: 'owner' } },
      { by: 'scim', action: 'role.changed', details: { to: 'manager' } },
    ],
  );
  let closed = false;
  void consumer.close().then(() => {
    closed = true;
  });
  await runtime.runUntil(() => closed);
});

t.test('an event of the team that says nothing is parked, and the audit log says that it lacks one and goes on', async (t) => {
  const runtime = virtualRuntime(1, Date.parse('2026-06-01T00:00:00Z'));
  const store = memoryStore({ cells: 1, topicOf: topicOfService, runtime });
  const bus = memoryBus({ runtime });
  await bus.prepare([{ name: topics.team.name, partitions: 1 }]);
  const durable = { store, runtime };
  await tenants(durable).create({ name: 'acme' });
  const log = { info() {}, warn() {}, error() {} };
  const consumer = await auditLog({ ...durable, bus, log, metrics: createMetrics('test'), health: createHealth() });
  const told = (sequence: number, data: unknown) =>
    toRecord('team', 'core', 'acme', sequence, {
      ...{ type: 'profile.role.changed', subject: 'Profiles/ann', time: '2026-06-01T00:00:00Z' },
      data,
    });
  const change = { profile: profile('owner'), before: { role: 'manager', status: 'active' }, cause: 'hand', by: 'bo' };
  await bus.publish(topics.team.name, [told(1, change), told(2, { cause: 'hand' }), told(3, null), told(4, { ...change, later: true })]);

  let found: unknown;
  const wanted = { actions: ['role.changed', 'team.events.missing', 'role.changed'], parked: 2 };
  const look = async () => {
    const { total } = await deadLetters(store, runtime).list({ state: 'parked', consumer: 'audit-log', limit: 10 });
    const entries = await audit(durable).list('acme', { limit: 3 });
    found = { actions: entries.map(({ action }) => action), parked: total };
  };
  await runtime.runUntil(() => {
    void look();
    return JSON.stringify(found) === JSON.stringify(wanted);
  }, 60_000);
  t.strictSame(found, wanted);
  const [, missing] = await audit(durable).list('acme', { limit: 2 });
  t.match(missing, { details: { after: 1, next: 4 } });
  let closed = false;
  void consumer.close().then(() => {
    closed = true;
  });
  await runtime.runUntil(() => closed);
});
