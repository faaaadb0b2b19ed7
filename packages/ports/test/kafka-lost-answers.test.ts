import { kafkaBus } from '@claras/ports/bus/kafka-bus';
import { kafkaAccess } from '@claras/ports/bus/kafka-url';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t from 'tap';
import { kafkaProxy } from './kafka-proxy.ts';
import { realUrl } from './real.ts';

const tenants = Array.from({ length: 12 }, (_, n) => `tenant-${n}`);
const partitions = 4;
const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

/** First occurrences of each tenant's numbers, in the order in which a reader met them, and how many records it met. */
function reading() {
  const met = new Map(tenants.map((tenant) => [tenant, new Set<number>()]));
  let records = 0;
  return {
    met,
    records: () => records,
    meet(tenant: string, number: number) {
      records++;
      met.get(tenant)!.add(number);
    },
  };
}

t.test('T06 Kafka does what was asked and its answer is lost', async (t) => {
  const url = realUrl(t, 'TEST_KAFKA_URL');
  if (!url) return;
  const proxy = await kafkaProxy(Number(kafkaAccess(url).brokers[0]!.split(':')[1]));
  const bus = kafkaBus(proxy.url, { clientId: 'lost-answers', runtime });
  t.teardown(async () => {
    await bus.close();
    await proxy.close();
  });
  const topic = `lost-answers-${runtime.id()}`;
  await bus.prepare([{ name: topic, partitions }]);
  const read = async (group: string) => {
    const seen = reading();
    await bus.consume({
      group: `${topic}-${group}`,
      topics: [topic],
      onBatch: async ({ records }) => {
        for (const { key, value } of records) seen.meet(key, Number(value));
      },
    });
    return seen;
  };
  /** As the relay does: a tenant's next records are sent when the ones before them were taken. */
  async function write(tenant: string, from: number, to: number): Promise<void> {
    for (let next = from; next <= to; ) {
      const records = Array.from({ length: 3 }, (_, n) => ({ key: tenant, value: String(next + n), headers: {} }));
      const taken = await bus.publish(topic, records).then(
        () => true,
        () => false,
      );
      if (taken) next += records.length;
    }
  }
  const until = async (done: () => boolean) => {
    while (!done()) await runtime.sleep(20);
  };
  const allMet = (seen: ReturnType<typeof reading>, last: number) => () => tenants.every((tenant) => seen.met.get(tenant)!.size >= last);
  const outOfOrder = (seen: ReturnType<typeof reading>, last: number) =>
    tenants.filter((tenant) => `${[...seen.met.get(tenant)!]}` !== `${upTo(last)}`);

  await t.test('to a produce request: whatever publish resolved for stands on the topic, first occurrences in order', async (t) => {
    const began = runtime.now();
    proxy.lose({ produce: 7 });
    await Promise.all(tenants.map((tenant) => write(tenant, 1, 90)));
    proxy.lose({});
    const took = runtime.now() - began;
    const seen = await read('fresh');
    await until(allMet(seen, 90));
    t.strictSame(outOfOrder(seen, 90), []);
    t.ok(proxy.lost.produce! >= 10, `${proxy.lost.produce} answers were lost`);
    t.ok(took < 15_000, `half an answer spoils none of the next connection: ${took} ms, where a request is given up after 15,000`);
    t.comment(`${seen.records() - 90 * tenants.length} repeats`);
  });

  await t.test('to a fetch and to a commit of offsets: nothing is skipped, and what comes again comes in order', async (t) => {
    proxy.lose({ fetch: 5, offsetCommit: 5 });
    const seen = await read('losing');
    let last = 90;
    while (Math.min(proxy.lost.fetch ?? 0, proxy.lost.offsetCommit ?? 0) < 2) {
      await Promise.all(tenants.map((tenant) => write(tenant, last + 1, last + 15)));
      last += 15;
    }
    proxy.lose({});
    await until(allMet(seen, last));
    t.strictSame(outOfOrder(seen, last), []);
    while ((await bus.lag(`${topic}-losing`, [topic])).some(({ lag }) => lag > 0)) await runtime.sleep(50);
    t.comment(`lost: ${JSON.stringify(proxy.lost)}; ${seen.records() - last * tenants.length} repeats`);
  });
});
