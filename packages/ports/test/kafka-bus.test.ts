import type { EventRecord } from '@claras/contracts/cloud-event';
import { type Batch, type Bus, BusUnavailable } from '@claras/ports/bus/bus';
import { busContract } from '@claras/ports/bus/bus.contract';
import { kafkaBus } from '@claras/ports/bus/kafka-bus';
import { kafkaClient } from '@claras/ports/bus/kafka-client';
import { kafkaLanes } from '@claras/ports/bus/kafka-lanes';
import { cellOf } from '@claras/ports/cell';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t from 'tap';
import { realUrl } from './real.ts';

const record = (key: string, value: string): EventRecord => ({ key, value, headers: { ce_id: value.slice(0, 40) } });
const until = async (done: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await done())) await runtime.sleep(5);
};

t.test('a tenant stands in the partition that every Kafka client gives it', async (t) => {
  // Known answers of org.apache.kafka.common.utils.Utils.murmur2 (UtilsTest.testMurmur2), made positive, mod 64.
  const known = { '21': -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536, abc: 479470107 };
  for (const [key, hash] of Object.entries(known)) t.equal(cellOf(key, 64), (hash & 0x7fffffff) % 64, key);
});

t.test('a lane has one send under way, and sends what waits together, up to 500 records or 512 KB', async (t) => {
  const sends: number[] = [];
  let open = 0;
  const append = kafkaLanes(async (_topic, _partition, records) => {
    t.equal(++open, 1, 'one at a time');
    sends.push(records.length);
    await undefined;
    open--;
  });
  const small = Array.from({ length: 1200 }, (_, i) => record('k', `${i}`));
  const large = Array.from({ length: 3 }, () => record('k', 'x'.repeat(400_000)));
  await Promise.all([append('t', 0, small), append('t', 0, [record('k', 'last')]), append('t', 0, large)]);
  t.same(sends, [500, 500, 202, 1, 1], 'the first large one fits behind the small ones');
});

t.test('a failed send fails all that waits behind it, and the lane goes on', async (t) => {
  let fail = true;
  const sent: string[] = [];
  const append = kafkaLanes(async (_topic, _partition, records) => {
    if (fail) throw new BusUnavailable('down');
    sent.push(...records.map(({ value }) => value));
  });
  const many = Array.from({ length: 600 }, (_, i) => record('k', `${i}`));
  const answers = await Promise.allSettled([append('t', 0, many), append('t', 0, [record('k', 'behind')])]);
  t.same(
    answers.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  fail = false;
  await append('t', 0, [record('k', 'again')]);
  t.same(sent, ['again']);
});

t.test('while Kafka is down, everything rejects with BusUnavailable and closing is quick', async (t) => {
  const bus = kafkaBus('kafka://127.0.0.1:1', { clientId: 'test', runtime });
  const states: string[] = [];
  await bus.consume({ group: 'g', topics: ['t'], onBatch: async () => {}, onState: (state) => states.push(state) });
  await t.rejects(bus.ping(), BusUnavailable);
  await t.rejects(bus.publish('t', [record('k', 'v')]), BusUnavailable);
  await t.rejects(bus.prepare([{ name: 't', partitions: 1 }]), BusUnavailable);
  await until(() => states.includes('failed'));
  const before = runtime.now();
  await bus.close();
  t.ok(runtime.now() - before < 8000);
});

t.test('real Kafka', async (t) => {
  const url = realUrl(t, 'TEST_KAFKA_URL');
  if (!url) return;
  const bus: Bus = kafkaBus(url, { clientId: 'test', runtime });
  t.teardown(() => bus.close());
  const newTopic = async (partitions: number): Promise<string> => {
    const name = `test-${runtime.id()}`;
    await bus.prepare([{ name, partitions }]);
    return name;
  };
  const read = async (group: string, topic: string, onBatch: (batch: Batch) => Promise<void>) => {
    const joined = Promise.withResolvers<void>();
    const consumer = await bus.consume({ group, topics: [topic], onBatch, onState: (state) => state === 'joined' && joined.resolve() });
    await joined.promise;
    return consumer;
  };

  t.test('a record larger than a send, and as large as the largest SCIM resource, passes', async (t) => {
    const topic = await newTopic(1);
    const value = JSON.stringify('ä'.repeat(1024 * 1024));
    await bus.publish(topic, [record('acme', 'before'), record('acme', value), record('acme', 'behind')]);
    const seen: (string | null)[] = [];
    const consumer = await read(topic, topic, async ({ records }) => void seen.push(...records.map((r) => r.value)));
    await until(() => seen.length === 3);
    t.ok(seen[1] === value);
    t.same([seen[0], seen[2]], ['before', 'behind']);
    await consumer.close();
  });

  t.test('a partition whose batch is refused comes again; the others go on meanwhile', async (t) => {
    const topic = await newTopic(8);
    const [bad, good] = ['acme', 'globex'];
    t.not(cellOf(bad, 8), cellOf(good, 8));
    let refuse = true;
    const seen: string[] = [];
    const consumer = await read(topic, topic, async ({ records }) => {
      if (refuse && records[0]!.key === bad) throw new TypeError('a fault of the handler');
      seen.push(...records.map((r) => r.value!));
    });
    await bus.publish(topic, [record(bad, 'bad 1'), record(bad, 'bad 2')]);
    await bus.publish(topic, [record(good, 'good 1')]);
    await until(() => seen.includes('good 1'));
    await bus.publish(topic, [record(good, 'good 2')]);
    await until(() => seen.includes('good 2'));
    t.same(seen, ['good 1', 'good 2']);
    refuse = false;
    await until(() => seen.length === 4);
    t.same(seen.slice(2), ['bad 1', 'bad 2']);
    await consumer.close();
  });

  t.test('a reader that gathers takes a few large batches for many records, and all of them', async (t) => {
    const topic = await newTopic(1);
    const numbers = Array.from({ length: 40 }, (_, n) => String(n));
    const batches: (string | null)[][] = [];
    const onBatch = async ({ records }: Batch) => void batches.push(records.map(({ value }) => value));
    const consumer = await bus.consume({ group: topic, topics: [topic], gathers: true, onBatch });
    const since = runtime.now();
    for (const value of numbers) await bus.publish(topic, [record('acme', value)]);
    await until(() => batches.flat().length === numbers.length);
    t.same(batches.flat(), numbers);
    t.ok(batches.length <= 1 + (runtime.now() - since) / 200, `${batches.length} batches`);
    await consumer.close();
    t.equal((await bus.lag(topic, [topic]))[0]!.lag, 0, 'committed');
  });

  t.test('a handler that takes longer than the session keeps its membership', async (t) => {
    const topic = await newTopic(1);
    const seen: string[] = [];
    let states = 0;
    const consumer = await bus.consume({
      group: topic,
      topics: [topic],
      onState: () => states++,
      async onBatch({ records, alive }) {
        if (records[0]!.value === 'slow') await runtime.sleep(11_000);
        if (alive()) seen.push(...records.map((r) => r.value!));
      },
    });
    await bus.publish(topic, [record('acme', 'slow')]);
    await until(() => seen.length === 1);
    await bus.publish(topic, [record('acme', 'next')]);
    await until(() => seen.length === 2);
    t.same(seen, ['slow', 'next']);
    t.equal(states, 1, 'joined once, and nothing happened since');
    await consumer.close();
    t.equal((await bus.lag(topic, [topic]))[0]!.lag, 0, 'committed');
  });

  t.test(
    'a reader that is paused for longer than the session keeps its membership, and what failed before it is not let through',
    async (t) => {
      const topic = await newTopic(2);
      const seen: string[] = [];
      const states: string[] = [];
      let refuse = true;
      const consumer = await bus.consume({
        group: topic,
        topics: [topic],
        onState: (state) => states.push(state),
        async onBatch({ records }) {
          if (refuse) throw new Error('not now');
          seen.push(...records.map((r) => r.value!));
        },
      });
      await bus.publish(topic, [record('a', '1'), record('b', '2')]);
      await until(() => states.includes('failed'));
      consumer.pause();
      refuse = false;
      const before = states.length;
      await runtime.sleep(8_000); // the session is 6 s
      t.same(seen, []);
      consumer.resume();
      await until(() => seen.length === 2);
      t.notOk(
        states.slice(before).some((state) => state !== 'failed'),
        `${states}`,
      );
      await consumer.close();
    },
  );

  t.test('M28 lag in seconds: right to a factor of two, never more than the true age, and for each partition', async (t) => {
    const topic = await newTopic(2);
    const one = 'a';
    const other = ['b', 'c', 'd', 'e', 'f'].find((key) => cellOf(key, 2) !== cellOf(one, 2)) as string;
    /** Publishes; resolves with when it began and when it was done. */
    const published = async (key: string): Promise<{ from: number; to: number }> => {
      const from = Date.now();
      await bus.publish(topic, [record(key, 'x')]);
      return { from, to: Date.now() };
    };
    const ages = async () => {
      const now = Date.now();
      const lags = await bus.lag(topic, [topic]);
      const ageOf = (key: string) => now - (lags.find(({ partition }) => partition === cellOf(key, 2))?.oldest ?? now);
      return { old: ageOf(one), young: ageOf(other), now, took: Date.now() - now };
    };
    const first = await published(one);
    await until(async () => (await ages()).old >= 4000);
    const second = await published(other);
    const { old, young, now, took } = await ages();
    t.ok(old >= (now - first.to) / 2 - took && old <= now - first.from, `${old} ms of ${now - first.to}, asked for ${took} ms`);
    t.ok(young <= now - second.from, `${young} ms`);
  });

  t.test('settings that somebody changed are told and set right; those that are none of ours stay', async (t) => {
    const topic = await newTopic(1);
    const admin = kafkaClient(url, 'somebody', undefined).admin();
    await admin.connect();
    const type = 2; // a topic
    const configEntries = [
      { name: 'retention.ms', value: '1000' },
      { name: 'segment.ms', value: '3600000' },
    ];
    await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] });
    // A broker answers before it has heard of it itself.
    await until(async () => (await bus.settings([topic], false)).some(({ is }) => is === '1000'));
    const told = await bus.settings([topic], false);
    t.match(
      told.find(({ setting }) => setting === 'retention.ms'),
      { topic, is: '1000', wanted: String(30 * 24 * 3_600_000) },
    );
    t.strictSame(await bus.settings([topic], true), told);
    await until(async () => (await bus.settings([topic], false)).length === 0);
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type, name: topic }] });
    t.equal(resources[0]?.configEntries.find(({ configName }) => configName === 'segment.ms')?.configValue, '3600000');
    await admin.disconnect();
  });

  t.test('a group that has readers is not moved', async (t) => {
    const topic = await newTopic(1);
    const consumer = await read(topic, topic, async () => {});
    await t.rejects(bus.seek(topic, topic, 'beginning'), /has readers/);
    await consumer.close();
    await bus.seek(topic, topic, 'end');
  });
});

t.test('Kafka keeps the contract of every bus', (t) => {
  const url = realUrl(t, 'TEST_KAFKA_URL');
  if (url) {
    const open = async () => kafkaBus(url, { clientId: 'contract', runtime });
    busContract(t, { runtime, open, reopen: open });
  }
  t.end();
});
