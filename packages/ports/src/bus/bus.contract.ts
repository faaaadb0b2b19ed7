import type { EventRecord } from '@claras/contracts/cloud-event';
import type { Test } from 'tap';
import { cellOf } from '../cell.ts';
import type { Runtime } from '../runtime.ts';
import { type Batch, type Bus, BusUnavailable, type Consumer, type PartitionLag, type Subscription } from './bus.ts';

export interface BusUnderTest {
  runtime: Runtime;
  open(): Promise<Bus>;
  /** Opens the same log again after a close. Absent where a log does not outlive its bus. */
  reopen?(): Promise<Bus>;
}

const record = (key: string, value: string): EventRecord => ({ key, value, headers: { ce_id: `${key}:${value}` } });
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
const valuesOf = ({ records }: Batch): string[] => records.map(({ value }) => value ?? '');
/** Keys of which each stands in a partition of its own. */
function keysApart(partitions: number): string[] {
  const found = new Map<number, string>();
  for (let i = 0; found.size < partitions; i++) found.set(cellOf(`tenant-${i}`, partitions), `tenant-${i}`);
  return [...found.values()];
}

/** What every {@link Bus} does. Topics and groups are new for each case, so cases and runs can share a log. */
export function busContract(t: Test, { runtime, open, reopen }: BusUnderTest): void {
  const until = async (done: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await done())) await runtime.sleep(5);
  };

  /** A case with a bus, a new topic and what reads it. */
  function check(name: string, partitions: number, run: (t: Test, place: Place) => Promise<void>): void {
    t.test(name, async (t) => {
      const bus = await open();
      const topic = `test-${runtime.id()}`;
      await bus.prepare([{ name: topic, partitions }]);
      const place = placeOf(bus, topic);
      try {
        await run(t, place);
      } finally {
        await place.bus.close();
      }
    });
  }

  interface Place {
    bus: Bus;
    topic: string;
    publish(key: string, values: string[]): Promise<void>;
    read(group: string, onBatch: (batch: Batch) => void | Promise<void>, onState?: Subscription['onState']): Promise<Consumer>;
    lagOf(group: string, key: string, partitions: number): Promise<PartitionLag>;
  }
  const placeOf = (bus: Bus, topic: string): Place => ({
    bus,
    topic,
    publish: (key, values) =>
      bus.publish(
        topic,
        values.map((value) => record(key, value)),
      ),
    read: (group, onBatch, onState) =>
      bus.consume({
        group: `${topic}-${group}`,
        topics: [topic],
        onBatch: async (batch) => onBatch(batch),
        ...(onState ? { onState } : {}),
      }),
    lagOf: async (group, key, partitions) =>
      (await bus.lag(`${topic}-${group}`, [topic])).find(({ partition }) => partition === cellOf(key, partitions))!,
  });

  check('records of a key stand in its partition, in the order in which they were published', 8, async (t, { bus, topic, read }) => {
    const keys = keysApart(8);
    for (const batch of [numbers(1, 20), numbers(21, 40)])
      await bus.publish(
        topic,
        batch.flatMap((value) => keys.map((key) => record(key, value))),
      );
    const seen = new Map<string, string[]>();
    await read('g', (batch) => {
      for (const { key, value } of batch.records) {
        if (cellOf(key, 8) !== batch.partition) t.fail(`${key} stands in partition ${batch.partition}`);
        seen.set(key, [...(seen.get(key) ?? []), value!]);
      }
    });
    await until(() => [...seen.values()].flat().length >= 320);
    for (const key of keys) t.same(seen.get(key), numbers(1, 40));
  });

  check('a record comes as it was published, with its offset and time', 1, async (t, { bus, topic, read }) => {
    const value = JSON.stringify({ displayName: 'Zoë “🙂”\n\0', list: [1, null] });
    const before = runtime.now();
    await bus.publish(topic, [{ key: 'açme', value, headers: { ce_subject: 'Users/ü', 'content-type': 'application/json' } }]);
    await bus.publish(topic, [record('acme', 'x'.repeat(1_000_000))]);
    const seen: Batch['records'] = [];
    await read('g', ({ records }) => void seen.push(...records));
    await until(() => seen.length >= 2);
    const [first, second] = seen;
    t.match(first, { key: 'açme', value, headers: { ce_subject: 'Users/ü', 'content-type': 'application/json' }, offset: '0' });
    t.ok(Math.abs(first!.time - before) < 60_000);
    t.equal(second?.offset, '1');
    t.equal(second?.value?.length, 1_000_000);
  });

  check('each group gets everything', 4, async (t, { publish, read }) => {
    const seen: Record<string, string[]> = { a: [], b: [] };
    for (const group of ['a', 'b']) await read(group, (batch) => void seen[group]!.push(...valuesOf(batch)));
    await publish('acme', numbers(1, 100));
    await until(() => seen.a!.length >= 100 && seen.b!.length >= 100);
    t.same(seen, { a: numbers(1, 100), b: numbers(1, 100) });
  });

  check('two readers of a group share the partitions, and nothing is delivered to neither', 8, async (t, { publish, read }) => {
    const keys = keysApart(8);
    const seen: Set<string>[] = [new Set(), new Set()];
    const readers = [];
    for (const mine of seen)
      readers.push(
        await read('g', ({ records }) => {
          for (const { key, value } of records) mine.add(`${key} ${value}`);
        }),
      );
    let round = 0;
    const publishRound = async () => {
      round++;
      for (const key of keys) await publish(key, [String(round)]);
    };
    const all = () => new Set([...seen[0]!, ...seen[1]!]).size === round * keys.length;
    while (seen.some(({ size }) => size === 0)) {
      await publishRound();
      await until(all);
    }
    t.pass('both got some');
    await readers[0]!.close();
    await publishRound();
    await until(all);
    t.equal([...seen[1]!].filter((line) => line.endsWith(` ${round}`)).length, keys.length, 'the one that stays gets all');
  });

  check(
    'a batch that ends after its partition was given away is not committed: its new reader gets it',
    8,
    async (t, { publish, read }) => {
      const keys = keysApart(8);
      for (const key of keys) await publish(key, ['1']);
      const inHand: Batch[] = [];
      const met = new Set<string>();
      // The partitions may be given away one after the other, and what ends before it is, is done.
      await read('g', async (batch) => {
        inHand.push(batch);
        await until(() => !batch.alive() || met.size >= 4);
      });
      await until(() => inHand.length === 8);
      await read('g', ({ records }) => {
        for (const { key } of records) met.add(key);
      });
      await until(() => met.size >= 4);
      const given = inHand.filter((batch) => !batch.alive()).flatMap(({ records }) => records.map(({ key }) => key));
      t.ok(
        [...met].every((key) => given.includes(key)),
        'half of the partitions, each out of the other’s hand',
      );
    },
  );

  check('records whose batch was rejected come again, in order', 1, async (t, { publish, read }) => {
    await publish('acme', numbers(1, 3));
    const tries: string[][] = [];
    const states: string[] = [];
    await read(
      'g',
      (batch) => {
        tries.push(valuesOf(batch));
        if (tries.length < 3) throw new Error('not now');
      },
      (state) => states.push(state),
    );
    await until(() => tries.length >= 3);
    t.same(tries, [numbers(1, 3), numbers(1, 3), numbers(1, 3)]);
    t.ok(states.includes('failed'));
  });

  check('when onBatch resolves, the offset is committed; not before', 1, async (t, { publish, read, lagOf }) => {
    await publish('acme', ['1', '2']);
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    await read('g', async () => {
      asked.resolve();
      await go.promise;
    });
    await asked.promise;
    t.match(await lagOf('g', 'acme', 1), { committed: -1, lag: 2 });
    go.resolve();
    await until(async () => (await lagOf('g', 'acme', 1)).committed === 2);
    t.equal((await lagOf('g', 'acme', 1)).lag, 0);
  });

  check('partitions go side by side: a slow one keeps its order, and the others do not wait for it', 4, async (t, { publish, read }) => {
    const [slow, ...others] = keysApart(4);
    for (const value of numbers(1, 10)) for (const key of [slow!, ...others]) await publish(key, [value]);
    const go = Promise.withResolvers<void>();
    const seen = new Map<string, string[]>();
    let open = 0;
    await read('g', async ({ records }) => {
      const { key } = records[0]!;
      if (key === slow) {
        if (++open > 1) t.fail('two batches of one partition in hand');
        await go.promise;
        open--;
      }
      for (const { value } of records) seen.set(key, [...(seen.get(key) ?? []), value!]);
    });
    await until(() => others.every((key) => seen.get(key)?.length === 10));
    t.notOk(seen.has(slow!));
    for (const value of numbers(11, 20)) for (const key of [slow!, ...others]) await publish(key, [value]);
    go.resolve();
    await until(() => [slow!, ...others].every((key) => seen.get(key)?.length === 20));
    for (const values of seen.values()) t.same(values, numbers(1, 20));
  });

  check('a batch holds at most 500 records', 1, async (t, { publish, read }) => {
    await publish('acme', numbers(1, 1700));
    const sizes: number[] = [];
    await read('g', ({ records }) => void sizes.push(records.length));
    await until(() => sizes.reduce((sum, size) => sum + size, 0) >= 1700);
    t.ok(Math.max(...sizes) <= 500);
  });

  check('lag says where a topic ends, what a group has done, and what is left', 4, async (t, { publish, read, lagOf }) => {
    t.match(await lagOf('g', 'acme', 4), { end: 0, committed: -1, lag: 0 });
    await publish('acme', numbers(1, 7));
    const waiting = await lagOf('g', 'acme', 4);
    t.match(waiting, { partition: cellOf('acme', 4), end: 7, committed: -1, lag: 7 });
    t.ok(waiting.oldest !== undefined && Math.abs(waiting.oldest - runtime.now()) < 60_000, 'and since when');
    const reader = await read('g', () => {});
    await until(async () => (await lagOf('g', 'acme', 4)).lag === 0);
    await reader.close();
    await publish('acme', ['8']);
    t.match(await lagOf('g', 'acme', 4), { end: 8, committed: 7, lag: 1 });
  });

  check('a group that has no readers is moved to the beginning or to the end', 2, async (t, { bus, topic, publish, read, lagOf }) => {
    await publish('acme', numbers(1, 3));
    const seen: string[] = [];
    const collect = (batch: Batch) => void seen.push(...valuesOf(batch));
    await bus.seek(`${topic}-g`, topic, 'end');
    t.match(await lagOf('g', 'acme', 2), { committed: 3, lag: 0 });
    let reader = await read('g', collect);
    await publish('acme', ['4']);
    await until(() => seen.length >= 1);
    await t.rejects(bus.seek(`${topic}-g`, topic, 'beginning'), /has readers/);
    await reader.close();
    await bus.seek(`${topic}-g`, topic, 'beginning');
    reader = await read('g', collect);
    await until(() => seen.length >= 5);
    t.same(seen, ['4', '1', '2', '3', '4']);
  });

  check('prepare can be repeated, and refuses another number of partitions', 4, async (t, { bus, topic, publish, lagOf }) => {
    await publish('acme', ['1']);
    await bus.prepare([{ name: topic, partitions: 4 }]);
    await t.rejects(bus.prepare([{ name: topic, partitions: 5 }]), /4 partitions/);
    t.equal((await lagOf('g', 'acme', 4)).end, 1, 'nothing was lost');
  });

  check('a topic that was prepared is set up as it should be', 2, async (t, { bus, topic }) => {
    t.strictSame(await bus.settings([topic], false), []);
  });

  check('a topic that was not prepared takes nothing', 1, async (t, { bus, topic }) => {
    await t.rejects(bus.publish(`${topic}-unknown`, [record('acme', '1')]), BusUnavailable);
  });

  check('paused, a reader takes no further batch and the one in hand finishes; resumed, it goes on behind it', 4, async (t, place) => {
    const { publish, read, lagOf } = place;
    const keys = keysApart(4);
    const inHand = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const seen: string[] = [];
    const reader = await read('g', async ({ records }) => {
      inHand.resolve();
      await go.promise;
      for (const { key, value } of records) seen.push(`${key} ${value}`);
    });
    await publish(keys[0]!, ['1']);
    await inHand.promise;
    reader.pause();
    go.resolve();
    await until(async () => (await lagOf('g', keys[0]!, 4)).committed === 1);
    for (const key of keys) await publish(key, ['2']);
    const witnessed: string[] = [];
    const witness = await read('witness', (batch) => void witnessed.push(...valuesOf(batch)));
    await until(() => witnessed.length >= 5);
    await witness.close();
    t.same(seen, [`${keys[0]} 1`]);
    reader.resume();
    await until(() => seen.length >= 5);
    t.same(seen.slice(1).sort(), keys.map((key) => `${key} 2`).sort());
  });

  check('a reader may begin paused', 1, async (t, { bus, topic, publish, lagOf }) => {
    await publish('acme', ['1']);
    const joined = Promise.withResolvers<void>();
    const seen: string[] = [];
    const reader = await bus.consume({
      ...{ group: `${topic}-g`, topics: [topic], paused: true },
      onBatch: async (batch) => void seen.push(...valuesOf(batch)),
      onState: (state) => state === 'joined' && joined.resolve(),
    });
    await joined.promise;
    await publish('acme', ['2']);
    t.match(await lagOf('g', 'acme', 1), { lag: 2 });
    t.same(seen, []);
    reader.resume();
    await until(() => seen.length >= 2);
    t.same(seen, ['1', '2']);
  });

  check('close lets the batch in hand finish and commits it', 1, async (t, { publish, read, lagOf }) => {
    await publish('acme', ['1']);
    const asked = Promise.withResolvers<Batch>();
    const go = Promise.withResolvers<void>();
    let finished = false;
    const reader = await read('g', async (batch) => {
      asked.resolve(batch);
      await go.promise;
      finished = true;
    });
    const batch = await asked.promise;
    t.ok(batch.alive());
    const closing = reader.close();
    t.notOk(batch.alive(), 'the batch can tell');
    go.resolve();
    await closing;
    t.ok(finished);
    t.match(await lagOf('g', 'acme', 1), { committed: 1, lag: 0 });
  });

  if (!reopen) return;
  check('records and offsets outlive the bus', 2, async (t, place) => {
    const { topic } = place;
    await place.publish('acme', numbers(1, 3));
    const seen: string[] = [];
    const collect = (batch: Batch) => void seen.push(...valuesOf(batch));
    await place.read('g', collect);
    await until(async () => (await place.lagOf('g', 'acme', 2)).lag === 0);
    await place.publish('globex', ['other']);
    await until(() => seen.length >= 4);
    await place.bus.close();
    place.bus = await reopen();
    const again = placeOf(place.bus, topic);
    await again.publish('acme', ['4']);
    const afresh: string[] = [];
    await again.read('new', (batch) => void afresh.push(...valuesOf(batch)));
    await again.read('g', collect);
    await until(() => seen.length >= 5 && afresh.length >= 5);
    t.equal(seen.at(-1), '4');
    t.equal(seen.length, 5, 'what was committed does not come again');
    t.same(
      afresh.filter((value) => value !== 'other'),
      numbers(1, 4),
    );
  });
}
