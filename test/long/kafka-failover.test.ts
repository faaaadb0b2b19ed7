import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaBus } from '@claras/ports/bus/kafka-bus';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t from 'tap';
import { kafkaUrl, startKafka, stopKafka } from '../../deploy/native/kafka.ts';

const topic = 'failover';
const partitions = 6;
const tenants = Array.from({ length: 12 }, (_, i) => `tenant-${i}`);
const kills = 4;

/** First occurrences of each tenant's numbers, in the order in which a reader met them. */
function firstOccurrences() {
  const met = new Map<string, Set<number>>();
  return {
    met,
    meet(tenant: string, number: number) {
      const numbers = met.get(tenant) ?? new Set();
      met.set(tenant, numbers.add(number));
    },
    count: () => [...met.values()].reduce((sum, { size }) => sum + size, 0),
  };
}

t.test('three brokers, each killed in turn: nothing that was acknowledged is lost, and each tenant stays in order', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'claras-failover-'));
  let kafka = await startKafka(dir, 3);
  t.teardown(async () => {
    await stopKafka(kafka, 0);
    rmSync(dir, { recursive: true, force: true });
  });
  const bus = kafkaBus(kafkaUrl(kafka), { clientId: 'failover', runtime });
  await bus.prepare([{ name: topic, partitions }]);

  const running = firstOccurrences();
  const states: string[] = [];
  const consumer = await bus.consume({
    group: 'running',
    topics: [topic],
    onState: (state) => states.push(state),
    onBatch: async ({ records }) => {
      for (const { key, value } of records) running.meet(key, Number(value));
    },
  });

  // As the relay does: a tenant's next records are sent when the ones before them were taken.
  const acknowledged = new Map(tenants.map((tenant) => [tenant, 0]));
  let writing = true;
  let longest = 0;
  const write = async (tenant: string): Promise<void> => {
    for (let next = 1; writing; ) {
      const batch = Array.from({ length: 4 }, (_, i) => ({ key: tenant, value: String(next + i), headers: {} }));
      const before = runtime.now();
      const done = await bus.publish(topic, batch).then(
        () => true,
        () => false,
      );
      longest = Math.max(longest, runtime.now() - before);
      if (!done) continue;
      next += batch.length;
      acknowledged.set(tenant, next - 1);
      await runtime.sleep(20);
    }
  };
  const writers = tenants.map(write);

  for (let kill = 0; kill < kills; kill++) {
    await runtime.sleep(4000);
    const victim = kafka.brokers[kill % 3]!;
    await stopKafka({ ...kafka, brokers: [victim] }, 0);
    await runtime.sleep(8000);
    kafka = await startKafka(dir, 3, kafka);
  }
  await runtime.sleep(4000);
  writing = false;
  await Promise.all(writers);
  const sum = [...acknowledged.values()].reduce((a, b) => a + b, 0);

  const fresh = firstOccurrences();
  const reader = await bus.consume({
    group: 'fresh',
    topics: [topic],
    onBatch: async ({ records }) => {
      for (const { key, value } of records) fresh.meet(key, Number(value));
    },
  });
  const deadline = runtime.now() + 120_000;
  while ((fresh.count() < sum || running.count() < sum) && runtime.now() < deadline) await runtime.sleep(100);

  for (const [name, { met }] of Object.entries({ fresh, running }))
    for (const [tenant, last] of acknowledged) {
      const wanted = Array.from({ length: last }, (_, i) => i + 1);
      t.strictSame([...(met.get(tenant) ?? [])].slice(0, last), wanted, `${name} reader, ${tenant}: 1 to ${last}, in order`);
    }
  t.comment(`${sum} acknowledged, longest publish ${longest} ms, reader's states: ${states.join(' ')}`);
  await Promise.all([consumer.close(), reader.close()]);
  await bus.close();
});
