import { fromRecord } from '@claras/contracts/cloud-event';
import type { DirectoryFact } from '@claras/contracts/events';
import { topicOfService, topics } from '@claras/contracts/topics';
import { snapshots } from '@claras/directory/snapshots';
import { tenants } from '@claras/directory/tenants';
import { users } from '@claras/directory/users';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import type { Log } from '@claras/ports/log';
import { memoryStore } from '@claras/ports/store/memory-store';
import type { Store } from '@claras/ports/store/store';
import { createHealth } from '@claras/service-kit/health';
import { createMetrics } from '@claras/service-kit/metrics';
import t from 'tap';
import { virtualRuntime } from '../../../packages/ports/test/virtual-runtime.ts';
import { snapshotMaker } from '../src/snapshots/snapshot-maker.ts';

const silent: Log = { info() {}, warn() {}, error() {} };
const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];

/** Tenants with so many users. */
async function stage(sizes: Record<string, number>) {
  const runtime = virtualRuntime(1);
  const bus = memoryBus({ runtime });
  await bus.prepare([{ name: topics.request.name, partitions: 2 }]);
  const store = memoryStore({ cells: 1, topicOf: topicOfService, runtime });
  const durable = { store, runtime };
  for (const [tenant, size] of Object.entries(sizes)) {
    await tenants(durable).create({ name: tenant, domains: [], scim: true });
    for (let n = 0; n < size; n++) await users(durable).create(tenant, { schemas, userName: `u${n}@${tenant}.example`, active: true });
  }
  /** As slow as a store that is busy, so that a large snapshot takes its time. */
  const slow: Store = {
    ...store,
    async commit(scope, change) {
      await runtime.sleep(100);
      return store.commit(scope, change);
    },
  };
  const parts = { bus, store: slow, runtime, log: silent, metrics: createMetrics('test'), health: createHealth() };
  /** Tenants whose snapshots are finished, in that order. */
  const finished = async () =>
    (await store.outbox('edge')!.read(0, 1_000_000))
      .map(({ record }) => fromRecord<DirectoryFact>('directory', record))
      .flatMap(({ type, tenant }) => (type === 'snapshot.finished' ? [tenant] : []));
  const { want, wanted } = snapshots(durable);
  const ask = (tenant: string) => want(tenant, { by: 'operator', reason: 'a test', rebuild: false });
  return { runtime, parts, ask, wanted, finished };
}

t.test('a small snapshot waits for no large one, however many there are; all of them are made', async (t) => {
  const large = ['a', 'b', 'c', 'd', 'e'];
  const { runtime, parts, ask, wanted, finished } = await stage({
    ...Object.fromEntries(large.map((one) => [one, 4100])),
    small: 3,
    tiny: 2,
  });
  for (const tenant of large) await ask(tenant);
  const maker = await snapshotMaker(parts);
  await runtime.runUntil(() => runtime.now() > 1000);
  for (const tenant of ['small', 'tiny']) await ask(tenant);
  let left = 1;
  const look = async () => {
    left = (await wanted()).length;
  };
  await runtime.runUntil(() => {
    void look();
    return left === 0;
  });
  const order = await finished();
  t.strictSame(order.slice(0, 2).sort(), ['small', 'tiny']);
  t.strictSame(order.slice(2).sort(), large);
  t.ok(parts.health.report().ok);
  let closed = false;
  const closing = maker.close().then(() => {
    closed = true;
  });
  await runtime.runUntil(() => closed);
  await closing;
});
