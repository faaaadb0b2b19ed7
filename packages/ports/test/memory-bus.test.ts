import { BusUnavailable } from '@claras/ports/bus/bus';
import { busContract } from '@claras/ports/bus/bus.contract';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import { cellOf } from '@claras/ports/cell';
import { systemRuntime } from '@claras/ports/system-runtime';
import t from 'tap';
import { virtualRuntime } from './virtual-runtime.ts';

const record = (key: string, value: string) => ({ key, value, headers: {} });

/** Two readers, one of which fails now and then, and goes in the middle: what each met, in order. */
async function history(seed: number): Promise<string[]> {
  const runtime = virtualRuntime(seed);
  const bus = memoryBus({ runtime });
  await bus.prepare([{ name: 't', partitions: 4 }]);
  const met: string[] = [];
  const reader = (name: string) =>
    bus.consume({
      group: 'g',
      topics: ['t'],
      async onBatch({ records, partition }) {
        await runtime.sleep(runtime.random() * 20);
        if (runtime.random() < 0.2) throw new Error('not now');
        for (const { value } of records) met.push(`${name} ${partition} ${value}`);
      },
    });
  const first = await reader('first');
  await reader('second');
  for (let i = 1; i <= 50; i++) await bus.publish('t', [record(`tenant-${i % 7}`, String(i))]);
  await runtime.runUntil(() => met.length >= 20);
  let closed = false;
  void first.close().then(() => {
    closed = true;
  });
  await runtime.runUntil(() => closed && met.length >= 50);
  return met;
}

t.test('one seed is one history, another seed another', async (t) => {
  t.same(await history(1), await history(1));
  t.notSame(await history(1), await history(2));
});

t.test('every record comes once when nobody dies, in order in its partition', async (t) => {
  const met = (await history(3)).map((line) => line.split(' '));
  t.equal(met.length, 50);
  for (const partition of ['0', '1', '2', '3']) {
    const numbers = met.filter((line) => line[1] === partition).map((line) => Number(line[2]));
    t.same(
      numbers,
      [...numbers].sort((a, b) => a - b),
    );
  }
});

t.test('a reader that closes finishes its batch and commits; the other goes on behind it', async (t) => {
  const runtime = virtualRuntime(1);
  const bus = memoryBus({ runtime });
  await bus.prepare([{ name: 't', partitions: 1 }]);
  const go = Promise.withResolvers<void>();
  const met: string[] = [];
  const slow = await bus.consume({
    group: 'g',
    topics: ['t'],
    async onBatch({ records, alive }) {
      await go.promise;
      met.push(...records.map(({ value }) => `slow ${value} ${alive() ? 'alive' : 'closing'}`));
    },
  });
  await bus.publish('t', [record('acme', '1')]);
  await runtime.runUntil(() => true);
  await bus.consume({
    group: 'g',
    topics: ['t'],
    onBatch: async ({ records }) => void met.push(...records.map(({ value }) => `next ${value}`)),
  });
  const closing = slow.close();
  await bus.publish('t', [record('acme', '2')]);
  go.resolve();
  await closing;
  await runtime.runUntil(() => met.length === 2);
  t.same(met, ['slow 1 closing', 'next 2']);
});

t.test('lag counts what a group has not done, and says since when', async (t) => {
  const runtime = virtualRuntime(1);
  const bus = memoryBus({ runtime });
  await bus.prepare([{ name: 't', partitions: 2 }]);
  await bus.publish('t', [record('acme', '1'), record('acme', '2')]);
  const partition = cellOf('acme', 2);
  const mine = (lags: { partition: number }[]) => lags.find((lag) => lag.partition === partition);
  t.same(mine(await bus.lag('g', ['t'])), { topic: 't', partition, end: 2, committed: -1, lag: 2, oldest: 0 });
  await bus.seek('g', 't', 'end');
  t.same(mine(await bus.lag('g', ['t'])), { topic: 't', partition, end: 2, committed: 2, lag: 0 });
});

t.test('a topic that is not there, or has another number of partitions, is refused', async (t) => {
  const bus = memoryBus({ runtime: virtualRuntime(1) });
  await t.rejects(bus.publish('t', [record('acme', '1')]), BusUnavailable);
  await bus.prepare([{ name: 't', partitions: 2 }]);
  await t.rejects(bus.prepare([{ name: 't', partitions: 3 }]), /2 partitions/);
});

t.test('the bus in memory keeps the contract of every bus', (t) => {
  busContract(t, { runtime: systemRuntime, open: async () => memoryBus({ runtime: systemRuntime }) });
  t.end();
});
