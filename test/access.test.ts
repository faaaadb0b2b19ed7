import { archiver } from '@claras/archiver/consumer';
import { toRecord } from '@claras/contracts/cloud-event';
import type { DirectoryFact } from '@claras/contracts/events';
import { topicOfService, topics } from '@claras/contracts/topics';
import { coreApp } from '@claras/core-app/core-app';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import { memoryStore } from '@claras/ports/store/memory-store';
import { profileSync } from '@claras/profile-sync/consumer';
import { roleMapper } from '@claras/role-mapper/consumer';
import { createHealth } from '@claras/service-kit/health';
import { createMetrics } from '@claras/service-kit/metrics';
import t from 'tap';
import { virtualRuntime } from '../packages/ports/test/virtual-runtime.ts';
import { revocation } from './support/access-story.ts';
import { localGateway } from './support/gateway.ts';

t.test('M21 T08 an archive waits neither for 10,000 events before it nor for a core app that is slow for names and roles', async (t) => {
  const runtime = virtualRuntime(1);
  const store = memoryStore({ cells: 1, topicOf: topicOfService, runtime });
  const bus = memoryBus({ runtime });
  await bus.prepare(Object.values(topics).map(({ name }) => ({ name, partitions: 1 })));
  const core = coreApp({ store, runtime });
  let slow = false;
  /** Five seconds for each call about names or roles; access has its own lane (DECISIONS 10). */
  const calls: CoreApp = {
    ...core,
    async apply(tenant, changes) {
      if (slow && changes.some(({ facet }) => facet === 'identity' || facet === 'role')) await runtime.sleep(5000);
      return core.apply(tenant, changes);
    },
  };
  const silent = { info() {}, warn() {}, error() {} };
  const parts = { store, bus, runtime, log: silent, metrics: createMetrics('test'), health: createHealth(), coreApp: calls };
  const consumers = await Promise.all([profileSync(parts), roleMapper(parts), archiver(parts)]);

  let sequence = 0;
  const publish = (facts: readonly (DirectoryFact & { subject: string })[]) =>
    bus.publish(
      topics.directory.name,
      facts.map((fact) => toRecord('directory', 'edge', 'acme', ++sequence, { ...fact, time: new Date(runtime.now()).toISOString() })),
    );
  const user = (more: object = {}) => ({ id: 'ann', userName: 'ann@a.example', active: true, ...more });
  const updated = (more: object, changed: string[]): DirectoryFact & { subject: string } => ({
    type: 'user.updated',
    subject: 'Users/ann',
    data: { user: user(more), changed },
  });
  const person = async () => (await core.list('acme', { limit: 10 })).profiles[0];
  async function until(status: string): Promise<void> {
    let seen: string | undefined;
    const watch = async () => {
      while (seen !== status) {
        seen = (await person())?.status;
        await runtime.sleep(10);
      }
    };
    void watch();
    await runtime.runUntil(() => seen === status, 60_000);
  }

  await publish([{ type: 'user.created', subject: 'Users/ann', data: { user: user() } }]);
  await until('active');
  const token = (await core.signIn('acme', 'ann@a.example')) as string;
  t.match(await core.session('acme', token), { userName: 'ann@a.example' });

  slow = true;
  for (let n = 0; n < 10_000; n++) await publish([updated({ displayName: `Ann ${n}` }, ['displayName'])]);
  const began = runtime.now();
  await publish([updated({ active: false }, ['active'])]);
  await until('archived');
  t.ok(runtime.now() - began <= 5000, `${runtime.now() - began} ms`);
  t.equal(await core.session('acme', token), undefined, 'the session from before is dead');
  await publish([updated({}, ['active'])]);
  await until('active');
  t.equal(await core.session('acme', token), undefined, 'and stays dead after a restore');
  let closed = false;
  void Promise.all(consumers.map((consumer) => consumer.close())).then(() => {
    closed = true;
  });
  await runtime.runUntil(() => closed);
});

t.test(
  'M21 access is denied within a second of the answer when nothing else happens, and within five while 10,000 users arrive',
  async (t) => {
    const gateway = await localGateway();
    t.teardown(gateway.remove);
    await revocation(t, gateway);
  },
);
