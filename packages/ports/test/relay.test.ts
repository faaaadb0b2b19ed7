import { type Bus, BusUnavailable } from '@claras/ports/bus/bus';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import { cellOf } from '@claras/ports/cell';
import { type Relay, relay } from '@claras/ports/relay';
import type { Outbox, OutboxEntry } from '@claras/ports/store/store';
import t from 'tap';
import { type VirtualRuntime, virtualRuntime } from './virtual-runtime.ts';

const topic = 'claras.test.v1';
const cells = 4;
const tenants = Array.from({ length: 8 }, (_, i) => `tenant-${i}`);

/** An outbox with nothing behind it. */
function bareOutbox(runtime: VirtualRuntime) {
  const entries = Array.from({ length: cells }, (): OutboxEntry[] => []);
  const leases = new Map<number, { holder: string; until: number }>();
  const listeners = new Set<(cell: number) => void>();
  const last = new Map<string, number>();
  let ids = 0;
  const outbox: Outbox = {
    read: async (cell, limit) => entries[cell]!.slice(0, limit),
    trim: async (cell, id) => {
      while (entries[cell]![0] && Number(entries[cell]![0].id) <= Number(id)) entries[cell]!.shift();
    },
    lease: async (cell, holder, ms) => {
      const held = leases.get(cell);
      if (held && held.holder !== holder && held.until > runtime.now()) return false;
      leases.set(cell, { holder, until: runtime.now() + ms });
      return true;
    },
    release: async (cell, holder) => {
      if (leases.get(cell)?.holder === holder) leases.delete(cell);
    },
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    depth: async () => ({
      entries: entries.flat().length,
      filled: [...entries.keys()].filter((cell) => entries[cell]!.length > 0),
    }),
  };
  return {
    outbox,
    isEmpty: () => entries.every(({ length }) => length === 0),
    numberOf: (tenant: string) => last.get(tenant) ?? 0,
    /** Commits the tenant's next event. `quiet`: the wake-up gets lost. */
    append(tenant: string, quiet = false) {
      const number = (last.get(tenant) ?? 0) + 1;
      last.set(tenant, number);
      const cell = cellOf(tenant, cells);
      entries[cell]!.push({ id: String(++ids), tenant, record: { key: tenant, value: String(number), headers: {} } });
      if (!quiet) for (const listener of listeners) listener(cell);
    },
  };
}

async function setUp(seed: number) {
  const runtime = virtualRuntime(seed);
  const bus = memoryBus({ runtime });
  await bus.prepare([{ name: topic, partitions: cells }]);
  const published: { key: string; number: number }[] = [];
  await bus.consume({
    group: 'test',
    topics: [topic],
    onBatch: async ({ records }) => void published.push(...records.map(({ key, value }) => ({ key, number: Number(value) }))),
  });
  return { runtime, bus, published, box: bareOutbox(runtime) };
}

const numbersOf = (published: { key: string; number: number }[], tenant: string): number[] =>
  published.filter(({ key }) => key === tenant).map(({ number }) => number);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/** What surrounds a relay that is not lucky: every call may be slow, may fail, may fail after its effect, and stops for ever at a crash. */
function unlucky(runtime: VirtualRuntime, luck: { bad: boolean }) {
  const process = { crashed: false };
  const never = new Promise<never>(() => {});
  async function call<T>(effect: () => Promise<T>): Promise<T> {
    const dice = luck.bad ? runtime.random() : 1;
    if (dice < 0.3) await runtime.sleep(runtime.random() * (dice < 0.01 ? 20_000 : 200));
    if (process.crashed) return never;
    if (dice > 0.4 && dice < 0.45) throw new BusUnavailable('before');
    const result = await effect();
    if (process.crashed) return never;
    if (dice > 0.45 && dice < 0.5) throw new BusUnavailable('after');
    return result;
  }
  return {
    crash: () => {
      process.crashed = true;
    },
    outbox: (outbox: Outbox): Outbox => ({
      ...outbox,
      read: (cell, limit) => call(() => outbox.read(cell, limit)),
      trim: (cell, id) => call(() => outbox.trim(cell, id)),
      lease: (cell, holder, ms) => call(() => outbox.lease(cell, holder, ms)),
      depth: () => call(() => outbox.depth()),
    }),
    bus: (bus: Bus): Bus => ({ ...bus, publish: (topic, records) => call(() => bus.publish(topic, records)) }),
  };
}

t.test('whatever fails, lags or crashes when: every event is published, and first occurrences are in order', async (t) => {
  let repeats = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const { runtime, bus, published, box } = await setUp(seed);
    const luck = { bad: true };
    const start = () => {
      const around = unlucky(runtime, luck);
      relay({ outbox: around.outbox(box.outbox), bus: around.bus(bus), topic, cells, runtime, holder: runtime.id() });
      return around;
    };
    const running = [start(), start()];
    let writing = true;
    const write = async () => {
      while (runtime.now() < 60_000) {
        await runtime.sleep(runtime.random() * 100);
        box.append(tenants[Math.floor(runtime.random() * tenants.length)]!, runtime.random() < 0.1);
      }
      writing = false;
    };
    const crash = async () => {
      while (writing) {
        await runtime.sleep(runtime.random() * 20_000);
        const victim = Math.floor(runtime.random() * running.length);
        running[victim]!.crash();
        running[victim] = start();
      }
    };
    void write();
    void crash();
    await runtime.runUntil(() => !writing);
    luck.bad = false;
    await runtime.runUntil(box.isEmpty);
    await runtime.runUntil(
      () => new Set(published.map(({ key, number }) => `${key}:${number}`)).size === tenants.reduce((sum, x) => sum + box.numberOf(x), 0),
    );
    for (const tenant of tenants) {
      const numbers = numbersOf(published, tenant);
      repeats += numbers.length - box.numberOf(tenant);
      const first = [...new Set(numbers)];
      if (first.join() !== upTo(box.numberOf(tenant)).join()) t.fail(`seed ${seed}, ${tenant}: ${first.join()}`);
    }
  }
  t.ok(repeats > 0, `the faults did something: ${repeats} repeats`);
});

t.test('two relays without faults share the work and publish everything once', async (t) => {
  const { runtime, bus, published, box } = await setUp(1);
  const relays = ['a', 'b'].map((holder) => relay({ outbox: box.outbox, bus, topic, cells, runtime, holder }));
  for (let i = 0; i < 400; i++) {
    box.append(tenants[i % tenants.length]!);
    const at = runtime.now() + 20;
    void runtime.sleep(20);
    await runtime.runUntil(() => runtime.now() >= at);
  }
  await runtime.runUntil(() => published.length === 400);
  for (const tenant of tenants) t.same(numbersOf(published, tenant), upTo(50));
  await Promise.all(relays.map((it) => it.close()));
});

t.test('a relay whose lease lapsed while it slept only repeats', async (t) => {
  const { runtime, bus, published, box } = await setUp(1);
  const woken = Promise.withResolvers<void>();
  const sleepy: Bus = {
    ...bus,
    publish: async (topic, records) => {
      await woken.promise;
      await bus.publish(topic, records);
    },
  };
  relay({ outbox: box.outbox, bus: sleepy, topic, cells, runtime, holder: 'zombie' });
  for (let i = 0; i < 3; i++) box.append('tenant-1');
  const second = relay({ outbox: box.outbox, bus, topic, cells, runtime, holder: 'second' });
  await runtime.runUntil(() => published.length === 3, 10_000);
  box.append('tenant-1');
  await runtime.runUntil(() => published.length === 4);
  woken.resolve();
  await runtime.runUntil(() => published.length > 4);
  t.same(numbersOf(published, 'tenant-1').slice(0, 4), [1, 2, 3, 4]);
  await runtime.runUntil(box.isEmpty);
  await second.close();
});

t.test('an outage is told, and the relay goes on by itself when it is over', async (t) => {
  const { runtime, bus, published, box } = await setUp(1);
  let down = true;
  const states: string[] = [];
  const flaky: Bus = {
    ...bus,
    publish: async (topic, records) => (down ? Promise.reject(new BusUnavailable('down')) : bus.publish(topic, records)),
  };
  const it: Relay = relay({ outbox: box.outbox, bus: flaky, topic, cells, runtime, holder: 'a', onState: (state) => states.push(state) });
  for (const tenant of tenants) box.append(tenant);
  const later = runtime.now() + 60_000;
  await runtime.runUntil(() => runtime.now() > later);
  t.same(states, ['failed']);
  down = false;
  const back = runtime.now();
  await runtime.runUntil(() => published.length === tenants.length);
  t.ok(runtime.now() - back <= 2000, 'within the longest pause');
  await runtime.runUntil(() => states.length === 2);
  t.same(states, ['failed', 'working']);
  await it.close();
});

t.test('closing gives the leases back, so the next relay goes on at once', async (t) => {
  const { runtime, bus, published, box } = await setUp(1);
  const first = relay({ outbox: box.outbox, bus, topic, cells, runtime, holder: 'first' });
  box.append('tenant-1');
  await runtime.runUntil(() => published.length === 1);
  await first.close();
  const since = runtime.now();
  box.append('tenant-1');
  const second = relay({ outbox: box.outbox, bus, topic, cells, runtime, holder: 'second' });
  await runtime.runUntil(() => published.length === 2);
  t.equal(runtime.now(), since);
  await second.close();
});

t.test('a wake-up that got lost is covered by the poll', async (t) => {
  const { runtime, bus, published, box } = await setUp(1);
  const it = relay({ outbox: box.outbox, bus, topic, cells, runtime, holder: 'a' });
  await runtime.runUntil(() => runtime.now() > 1000);
  const since = runtime.now();
  box.append('tenant-1', true);
  await runtime.runUntil(() => published.length === 1);
  t.ok(runtime.now() - since <= 1000);
  await it.close();
});

t.test('while nothing waits an outbox is asked once a second, and what it answers is told', async (t) => {
  const { runtime, bus, published, box } = await setUp(1);
  let asked = 0;
  const counted: Outbox = {
    ...box.outbox,
    depth() {
      asked++;
      return box.outbox.depth();
    },
  };
  const told: number[] = [];
  const it = relay({ outbox: counted, bus, topic, cells, runtime, holder: 'a', onDepth: ({ entries }) => told.push(entries) });
  await runtime.runUntil(() => runtime.now() >= 60_000, 61_000);
  t.ok(asked <= 61, `${asked} times in a minute`);
  t.equal(told.length, asked);
  box.append('tenant-1', true);
  box.append('tenant-1', true);
  await runtime.runUntil(() => published.length === 2);
  t.equal(told.at(-1), 2);
  await it.close();
});

t.test('a relay that dies with entries in hand is followed by another within its lease and a second', async (t) => {
  const { runtime, bus, published, box } = await setUp(1);
  const dead: Bus = { ...bus, publish: () => new Promise(() => {}) };
  relay({ outbox: box.outbox, bus: dead, topic, cells, runtime, holder: 'dead' });
  await runtime.runUntil(() => runtime.now() > 10_000, 11_000);
  const second = relay({ outbox: box.outbox, bus, topic, cells, runtime, holder: 'second' });
  await runtime.runUntil(() => runtime.now() > 20_000, 11_000);
  const since = runtime.now();
  box.append('tenant-1');
  await runtime.runUntil(() => published.length === 1);
  t.ok(runtime.now() - since <= 6000, `${runtime.now() - since} ms`);
  await second.close();
});

t.test('a relay that lingers publishes together what is committed meanwhile, and what waits when it closes', async (t) => {
  const { runtime, bus, published, box } = await setUp(1);
  const sizes: number[] = [];
  const counted: Bus = {
    ...bus,
    publish: async (to, records) => {
      sizes.push(records.length);
      await bus.publish(to, records);
    },
  };
  const it = relay({ outbox: box.outbox, bus: counted, topic, cells, runtime, holder: 'a', lingerMs: 100 });
  await runtime.runUntil(() => runtime.now() > 1000);
  for (let i = 0; i < 3; i++) box.append('tenant-1');
  const since = runtime.now();
  await runtime.runUntil(() => published.length === 3);
  t.equal(runtime.now() - since, 100);
  await runtime.runUntil(box.isEmpty);
  box.append('tenant-1');
  await it.close();
  t.same(sizes, [3, 1]);
  t.ok(box.isEmpty());
});
