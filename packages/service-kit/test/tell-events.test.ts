import { topicOfService, topics } from '@claras/contracts/topics';
import { type Bus, BusUnavailable } from '@claras/ports/bus/bus';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import { relay } from '@claras/ports/relay';
import { memoryStore } from '@claras/ports/store/memory-store';
import t from 'tap';
import { virtualRuntime } from '../../ports/test/virtual-runtime.ts';
import { createHealth } from '../src/health.ts';
import { createMetrics } from '../src/metrics.ts';
import { tellEvents } from '../src/tell-events.ts';

t.test('M28 what waits in an outbox is told, by number and age, and that Kafka does not take it; it passes by itself', async (t) => {
  const runtime = virtualRuntime(1);
  const store = memoryStore({ cells: 2, topicOf: topicOfService, runtime });
  const real = memoryBus({ runtime });
  await real.prepare(Object.values(topics).map(({ name }) => ({ name, partitions: 2 })));
  let down = true;
  const bus: Bus = { ...real, publish: (...args) => (down ? Promise.reject(new BusUnavailable('down')) : real.publish(...args)) };
  const [metrics, health] = [createMetrics('test'), createHealth()];
  const telling = tellEvents(
    {
      store,
      relay: (service, watch) =>
        relay({ outbox: store.outbox(service)!, bus, topic: topics.directory.name, cells: 2, runtime, holder: 'one', ...watch }),
    },
    ['edge'],
    { metrics, health, runtime },
  );
  const event = { type: 'user.deleted', subject: 'Users/a', time: '2026-01-31T09:00:00Z', data: { id: 'a', userName: 'a' } };
  for (let n = 0; n < 3; n++) await store.commit('edge/acme', { id: `c${n}`, time: runtime.now(), events: [event] });
  let text = '';
  const seen = (pattern: RegExp) => () => {
    void metrics.text().then((now) => {
      text = now;
    });
    return pattern.test(text);
  };
  await runtime.runUntil(
    seen(/claras_outbox_entries\{source="edge".*\} 3\n[\s\S]*claras_outbox_oldest_age_seconds\{source="edge".*\} [1-9]/),
    60_000,
  );
  t.match(health.report().checks['relay edge'], { ok: false, detail: /wait in the outbox/ });
  down = false;
  await runtime.runUntil(seen(/claras_outbox_entries\{source="edge".*\} 0\n/), 60_000);
  t.match(health.report().checks['relay edge'], { ok: true });
  let closed = false;
  void telling.close().then(() => {
    closed = true;
  });
  await runtime.runUntil(() => closed);
});
