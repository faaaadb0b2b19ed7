import { topicOfService } from '@claras/contracts/topics';
import { keys } from '@claras/directory/keys';
import { tenants } from '@claras/directory/tenants';
import { memoryStore } from '@claras/ports/store/memory-store';
import { alarms } from '@claras/service-kit/alarms';
import { createMetrics } from '@claras/service-kit/metrics';
import t from 'tap';
import { virtualRuntime } from '../../../packages/ports/test/virtual-runtime.ts';
import { endsWithin, keyWatch } from '../src/key-watch.ts';

const hour = 3_600_000;
const day = 24 * hour;
const at = (ms: number) => new Date(ms).toISOString();
const now = Date.parse('2026-06-01T00:00:00Z');
const key = (more: object) =>
  ({
    id: 'k',
    tenant: 'a',
    name: 'Entra',
    scopes: ['scim.full'],
    starts: 'claras_scim_',
    created: at(0),
    lastUsed: at(now - hour),
    ...more,
  }) as const;

t.test('only a key that is in use, and ends, is said: 30, 7 and 1 days before', async (t) => {
  const within = (...all: object[]) => endsWithin(all.map(key) as unknown as Parameters<typeof endsWithin>[0], now);
  t.equal(within(), undefined);
  t.equal(within({}), undefined, 'it never ends');
  t.equal(within({ expires: at(now + 31 * day) }), undefined);
  t.equal(within({ expires: at(now + 30 * day) }), 30);
  t.equal(within({ expires: at(now + 8 * day) }), 30);
  t.equal(within({ expires: at(now + 6 * day) }), 7);
  t.equal(within({ expires: at(now + hour) }), 1);
  t.equal(within({ expires: at(now - hour) }), undefined, 'it has ended');
  t.equal(within({ expires: at(now + hour), revoked: at(now - hour) }), undefined);
  t.equal(within({ expires: at(now + hour), lastUsed: undefined }), undefined, 'nobody uses it');
  t.equal(within({ expires: at(now + hour), lastUsed: at(now - 2 * day) }), undefined, 'nobody uses it any more');
  t.equal(within({ expires: at(now + 20 * day) }, { expires: at(now + 2 * day) }, {}), 7, 'the nearest counts');
});

t.test('the alarm stands while the key is in use, says anew how near the end is, and is counted', async (t) => {
  const runtime = virtualRuntime(1, now);
  const store = memoryStore({ cells: 1, topicOf: topicOfService, runtime });
  const durable = { store, runtime };
  const log = { info() {}, warn() {}, error() {} };
  const metrics = createMetrics('test');
  for (const name of ['a', 'b']) await tenants(durable).create({ name, scim: true });
  const apiKeys = keys({ ...durable, peppers: ['pepper of a test'] });
  const { key: made } = await apiKeys.create({ tenant: 'a', name: 'Entra', scopes: ['scim.full'], expires: at(now + 8 * day) });
  const watch = keyWatch({ ...durable, log, metrics, keys: apiKeys });
  const raised = alarms({ ...durable, log });
  async function pass(hours: number, { using }: { using: boolean }): Promise<void> {
    for (let n = 0; n < hours; n++) {
      if (using) apiKeys.used(made.id, 'scim');
      const end = runtime.now() + hour;
      await runtime.runUntil(() => runtime.now() >= end, 2 * hour);
    }
  }
  const counted = async () => /claras_consumer_alarms\{[^}]*key-expiring[^}]*\} (\d)/.exec(await metrics.text())?.[1];

  await pass(2, { using: false });
  t.strictSame(await raised.list(), []);
  await pass(2, { using: true });
  t.match(await raised.list(), [{ consumer: 'key-watch', tenant: 'a', kind: 'key-expiring', detail: /within 30 days/ }]);
  t.equal(await counted(), '1');
  const [{ since } = { since: '' }] = await raised.list();
  await pass(24, { using: true });
  t.match(await raised.list(), [{ detail: /within 7 days/, since }]);
  await pass(26, { using: false });
  t.strictSame(await raised.list(), []);
  t.equal(await counted(), '0');
  await Promise.all([watch.close(), runtime.runUntil(() => false, 1).catch(() => {})]);
});
