import { toRecord } from '@claras/contracts/cloud-event';
import type { DirectoryFact } from '@claras/contracts/events';
import { topicOfService, topics } from '@claras/contracts/topics';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import { memoryStore } from '@claras/ports/store/memory-store';
import { alarms } from '@claras/service-kit/alarms';
import { createHealth } from '@claras/service-kit/health';
import { createMetrics } from '@claras/service-kit/metrics';
import t from 'tap';
import { virtualRuntime } from '../../../packages/ports/test/virtual-runtime.ts';
import { profileSync } from '../src/consumer.ts';

const { name: topic } = topics.directory;
const log = { info() {}, warn() {}, error() {} };

t.test('that a snapshot would archive most people is known across a restart and in each process, until one would not', async (t) => {
  const runtime = virtualRuntime(1);
  const bus = memoryBus({ runtime });
  await bus.prepare([topic, topics.request.name].map((name) => ({ name, partitions: 1 })));
  const store = memoryStore({ cells: 1, topicOf: topicOfService, runtime });
  let linked = Array.from({ length: 30 }, (_, n) => `u${n}`);
  const archived: string[] = [];
  const coreApp = {
    linkedBefore: async () => ({ users: linked }),
    apply: async (_: string, changes: readonly { facet: string; user: string }[]) => {
      archived.push(...changes.filter(({ facet }) => facet === 'removal').map(({ user }) => user));
      return changes.map(() => ({ outcome: 'applied' }) as const);
    },
  };
  let sequence = 0;
  const snapshotOfOne = async () => {
    const facts: DirectoryFact[] = [
      { type: 'snapshot.started', data: { provisioning: null, reason: 'a test', rebuild: true } },
      { type: 'snapshot.users', data: { users: [{ id: 'ann', userName: 'ann@acme.example', active: true }] } },
      { type: 'snapshot.finished', data: { users: 1, groups: 0 } },
    ];
    const time = new Date(runtime.now()).toISOString();
    const events = facts.map((fact) => ({ ...fact, subject: 'Snapshots/s', time }));
    await bus.publish(
      topic,
      events.map((event) => toRecord('directory', 'edge', 'acme', ++sequence, event)),
    );
  };
  const start = async () => {
    const [health, metrics] = [createHealth(), createMetrics('test')];
    return { health, metrics, consumer: await profileSync({ bus, store, runtime, log, health, metrics, coreApp }) };
  };
  const stop = async ({ consumer }: Awaited<ReturnType<typeof start>>) => {
    let closed = false;
    const closing = consumer.close().then(() => {
      closed = true;
    });
    await runtime.runUntil(() => closed);
    await closing;
  };

  const first = await start();
  await snapshotOfOne();
  await runtime.runUntil(() => first.health.report().needsSomebody);
  const detail = 'a snapshot names 1 users and would archive 30 others: see claras-scim verify';
  t.match(first.health.report().checks['profile-sync'], { ok: true, needsSomebody: true, detail });
  t.strictSame(archived, []);
  await stop(first);

  const [second, third] = [await start(), await start()];
  await runtime.runUntil(() => second.health.report().needsSomebody && third.health.report().needsSomebody);
  t.match(third.health.report().checks['profile-sync'], { detail });
  t.match(await third.metrics.text(), /claras_consumer_alarms\{consumer_group="profile-sync",kind="would-archive-most",service="test"\} 1/);
  t.match(await alarms({ store, runtime, log }).list(), [{ consumer: 'profile-sync', tenant: 'acme', kind: 'would-archive-most', detail }]);

  linked = linked.slice(0, 2);
  await snapshotOfOne();
  await runtime.runUntil(() => !second.health.report().needsSomebody && !third.health.report().needsSomebody);
  t.strictSame(archived, ['u0', 'u1']);
  t.strictSame(await alarms({ store, runtime, log }).list(), []);
  await Promise.all([stop(second), stop(third)]);
});
