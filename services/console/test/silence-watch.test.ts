import { topicOfService } from '@claras/contracts/topics';
import { keys } from '@claras/directory/keys';
import { providers } from '@claras/directory/providers';
import { tenants } from '@claras/directory/tenants';
import { memoryStore } from '@claras/ports/store/memory-store';
import { alarms } from '@claras/service-kit/alarms';
import { createMetrics } from '@claras/service-kit/metrics';
import t from 'tap';
import { virtualRuntime } from '../../../packages/ports/test/virtual-runtime.ts';
import { silenceWatch, silentSince } from '../src/silence-watch.ts';

const minute = 60_000;
const hour = 60 * minute;
const now = Date.parse('2026-06-01T00:00:00Z');
const ago = (hours: number) => new Date(now - hours * hour).toISOString();

t.test('a provider is silent when it has SCIM on, sent requests, and sent none for three hours of that time', async (t) => {
  t.equal(silentSince({}, ago(3.1), now), ago(3.1));
  t.equal(silentSince({}, ago(3), now), undefined, 'it may still come');
  t.equal(silentSince({}, undefined, now), undefined, 'it never began');
  t.equal(silentSince(undefined, ago(10), now), undefined, 'SCIM is off');
  t.equal(silentSince({ scimSince: ago(1) }, ago(10), now), undefined, 'SCIM was off until an hour ago');
  t.equal(silentSince({ scimSince: ago(20) }, ago(10), now), ago(10));
});

t.test('a tenant gone silent is an alarm until its next request, and one that never began or has SCIM off is none', async (t) => {
  const runtime = virtualRuntime(1, now);
  const store = memoryStore({ cells: 1, topicOf: topicOfService, runtime });
  const durable = { store, runtime };
  const log = { info() {}, warn() {}, error() {} };
  const metrics = createMetrics('test');
  const apiKeys = keys({ ...durable, peppers: ['pepper of a test'] });
  const made = new Map<string, string>();
  for (const name of ['speaks', 'silent', 'off', 'never']) {
    await tenants(durable).create({ name, scim: true });
    made.set(name, (await apiKeys.create({ tenant: name, name: 'Entra', scopes: ['scim.full'] })).key.id);
  }
  const { list, setScim } = providers(durable);
  const raised = alarms({ ...durable, log });
  const watch = silenceWatch({ ...durable, log, metrics, keys: apiKeys });
  async function pass(hours: number, ...speaking: string[]): Promise<void> {
    for (let n = 0; n < hours * 3; n++) {
      for (const name of speaking) apiKeys.used(made.get(name)!, 'scim');
      const end = runtime.now() + 20 * minute;
      await runtime.runUntil(() => runtime.now() >= end, hour);
    }
  }

  await pass(1, 'speaks', 'silent', 'off');
  const [provider] = await list('off');
  await setScim('off', provider!.id, false);
  await pass(2, 'speaks');
  t.strictSame(await raised.list(), []);
  await pass(2, 'speaks');
  t.match(await raised.list(), [
    { consumer: 'silence-watch', tenant: 'silent', kind: 'provisioning-silent', detail: /no SCIM request since 2026-06-01T00:40/ },
  ]);
  t.match(await metrics.text(), /claras_consumer_alarms\{[^}]*provisioning-silent[^}]*\} 1/);

  await setScim('off', provider!.id, true);
  await pass(1, 'speaks', 'silent');
  t.strictSame(await raised.list(), [], 'the next request ends it, and SCIM that was off gets its time');
  t.match(await metrics.text(), /claras_consumer_alarms\{[^}]*provisioning-silent[^}]*\} 0/);
  await pass(3, 'speaks', 'silent');
  t.match(await raised.list(), [{ tenant: 'off' }], 'it was on for hours, and the provider did not come back');
  await Promise.all([watch.close(), runtime.runUntil(() => false, 1).catch(() => {})]);
});
