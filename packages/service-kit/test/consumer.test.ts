import { type EventRecord, toRecord } from '@claras/contracts/cloud-event';
import type { CoreChange, CoreOutcome } from '@claras/contracts/core-app';
import type { DirectoryFact } from '@claras/contracts/events';
import { startOf } from '@claras/contracts/sequence';
import { type TopicName, topics } from '@claras/contracts/topics';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import { cellOf } from '@claras/ports/cell';
import { type CoreApp, CoreAppUnavailable } from '@claras/ports/core-app/core-app';
import type { Log } from '@claras/ports/log';
import { memoryStore } from '@claras/ports/store/memory-store';
import { type Store, StoreUnavailable } from '@claras/ports/store/store';
import t from 'tap';
import { type VirtualRuntime, virtualRuntime } from '../../ports/test/virtual-runtime.ts';
import { alarms } from '../src/alarms.ts';
import { consumeEvents } from '../src/consumer.ts';
import { coreChanges } from '../src/core-changes.ts';
import { deadLetters } from '../src/dead-letters.ts';
import { createHealth } from '../src/health.ts';
import { createMetrics } from '../src/metrics.ts';
import { pauses } from '../src/pauses.ts';
import type { Follows } from '../src/position.ts';
import type { Handle } from '../src/turn.ts';

const { name: topic } = topics.directory;
const silent: Log = { info() {}, warn() {}, error() {} };

/** An event that says in its user's title which one it is. */
const record = (tenant: string, sequence: number) =>
  toRecord('directory', 'edge', tenant, sequence, {
    type: 'user.created',
    subject: `Users/u${sequence}`,
    time: new Date(0).toISOString(),
    data: { user: { id: `u${sequence}`, userName: `u${sequence}`, active: true } },
  });
const records = (tenant: string, from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => record(tenant, from + n));

/** A core app with the fence that the contract asks for; `effects` is what really happened. */
function fencedCoreApp(runtime: VirtualRuntime) {
  const fences = new Map<string, number>();
  const effects: string[] = [];
  const trouble = { rate: 0, down: false };
  const apply = async (tenant: string, changes: readonly CoreChange[]): Promise<CoreOutcome[]> => {
    if (trouble.down || runtime.random() < trouble.rate) throw new CoreAppUnavailable('down before');
    const outcomes = changes.map(({ user, sequence }): CoreOutcome => {
      if ((fences.get(`${tenant}/${user}`) ?? 0) >= sequence) return { outcome: 'stale' };
      fences.set(`${tenant}/${user}`, sequence);
      effects.push(`${tenant} ${sequence}`);
      return { outcome: 'applied' };
    });
    if (runtime.random() < trouble.rate) throw new CoreAppUnavailable('the answer was lost');
    return outcomes;
  };
  const coreApp: Pick<CoreApp, 'apply'> = { apply };
  return { coreApp, effects, trouble };
}

/** Fails before or after a commit, as a broken connection does. */
function flaky(store: Store, runtime: VirtualRuntime, rate: number): Store {
  return {
    ...store,
    async commit(scope, change) {
      if (runtime.random() < rate) throw new StoreUnavailable('down before');
      const result = await store.commit(scope, change);
      if (runtime.random() < rate) throw new StoreUnavailable('the answer was lost');
      return result;
    },
  };
}

async function stage(seed = 1) {
  const runtime = virtualRuntime(seed);
  const bus = memoryBus({ runtime });
  await bus.prepare([topic, topics.request.name, topics.team.name].map((name) => ({ name, partitions: 2 })));
  const store = memoryStore({ cells: 2, topicOf: {}, runtime });
  const health = createHealth();
  const metrics = createMetrics('test');
  const core = fencedCoreApp(runtime);
  const send = coreChanges({ coreApp: core.coreApp, log: silent, metrics });

  /** Sends each event as a change and keeps the sequences in its projection, in the order in which they were applied. */
  const handle: Handle<DirectoryFact> = async (turn) => {
    const { scope, events, settle } = turn;
    await send(
      turn,
      events.map(({ sequence }): CoreChange => ({ facet: 'removal', user: `u${sequence}`, sequence })),
    );
    const [seen] = await store.read<number[]>(scope, ['seen']);
    await settle(events.at(-1)!.sequence, { put: { seen: [...(seen?.value ?? []), ...events.map(({ sequence }) => sequence)] } });
    return 'done';
  };
  const start = (given: { handle?: Handle<DirectoryFact>; store?: Store; topic?: TopicName; follows?: Follows } = {}) =>
    consumeEvents<DirectoryFact>({
      name: 'reader',
      topic: 'directory',
      bus,
      runtime,
      log: silent,
      metrics,
      health,
      handle,
      store,
      ...given,
    });

  const seen = async (tenant: string) => (await store.read<number[]>(`reader/${tenant}`, ['seen']))[0]?.value ?? [];
  /** Lets time pass until each of these tenants has applied exactly 1 … n. */
  async function until(expected: Record<string, number>): Promise<void> {
    let reached = false;
    const look = async () => {
      const counts = await Promise.all(Object.keys(expected).map(async (tenant) => (await seen(tenant)).length));
      reached = Object.values(expected).every((count, n) => counts[n]! >= count);
    };
    await runtime.runUntil(() => {
      void look();
      return reached;
    });
  }
  /** Whether nothing waits, and nothing needs somebody. */
  const isWell = () => health.report().ok && !health.report().needsSomebody;
  const untilHealth = (well: boolean) => runtime.runUntil(() => isWell() === well);
  const stop = async (consumer: { close(): Promise<void> }) => {
    let closed = false;
    const closing = consumer.close().then(() => {
      closed = true;
    });
    await runtime.runUntil(() => closed);
    await closing;
  };
  return { runtime, bus, store, health, metrics, ...core, handle, start, stop, seen, until, untilHealth };
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

t.test('M31 crashes, redelivery, repeats and outages of everything: each effect once, in order, nothing lost', async (t) => {
  for (let seed = 1; seed <= 40; seed++) {
    const { runtime, bus, store, trouble, effects, start, stop, seen, until } = await stage(seed);
    trouble.rate = 0.2;
    const tenants = ['acme', 'beta', 'gamma'];
    const given = { store: flaky(store, runtime, 0.1) };
    let consumer = await start(given);
    for (let from = 1; from <= 60; from += 20) {
      for (const tenant of tenants) await bus.publish(topic, records(tenant, from, from + 19));
      for (const tenant of tenants) await bus.publish(topic, records(tenant, Math.max(1, from - 5), from + 10));
      let steps = runtime.random() * 40;
      await runtime.runUntil(() => steps-- < 0);
      if (runtime.random() < 0.7) {
        await stop(consumer);
        if (runtime.random() < 0.5) await bus.seek('reader', topic, 'beginning');
        consumer = await start(given);
      }
    }
    await until({ acme: 60, beta: 60, gamma: 60 });
    for (const tenant of tenants) {
      const wrong = `seed ${seed} ${tenant}`;
      if (JSON.stringify(await seen(tenant)) !== JSON.stringify(upTo(60))) t.fail(`${wrong}: projection ${await seen(tenant)}`);
      const had = effects.filter((effect) => effect.startsWith(tenant));
      if (JSON.stringify(had) !== JSON.stringify(upTo(60).map((n) => `${tenant} ${n}`))) t.fail(`${wrong}: effects ${had}`);
    }
    await stop(consumer);
  }
  t.pass('40 histories');
});

t.test('an outage of the core app is waited for, said on /health, and recovered from', async (t) => {
  const { bus, health, metrics, trouble, start, stop, until, untilHealth } = await stage();
  trouble.down = true;
  const consumer = await start();
  await bus.publish(topic, records('acme', 1, 3));
  await untilHealth(false);
  t.strictSame(health.report().checks.reader, { ok: false, detail: 'waiting: CoreAppUnavailable' });
  trouble.down = false;
  await until({ acme: 3 });
  await untilHealth(true);
  const text = await metrics.text();
  t.match(text, /claras_consumer_processed_total\{consumer_group="reader",result="applied",service="test"\} 3/);
  t.match(text, /claras_consumer_processed_total\{consumer_group="reader",result="retried",service="test"\} [1-9]/);
  t.match(text, /claras_consumer_lag_messages\{consumer_group="reader",topic="directory",partition="0",service="test"\}/);
  await stop(consumer);
});

t.test('a gap stops its tenant alone: alarm, nothing skipped, and on it goes when the event comes', async (t) => {
  const { bus, health, metrics, start, stop, seen, until, untilHealth } = await stage();
  let consumer = await start();
  await bus.publish(topic, [...records('acme', 1, 2), ...records('acme', 4, 6), ...records('beta', 1, 3), ...records('gamma', 1, 3)]);
  await until({ beta: 3, gamma: 3 });
  await untilHealth(false);
  t.match(health.report().checks.reader, { detail: '1 tenants stopped: an event is missing' });
  t.match(await metrics.text(), /claras_consumer_tenants_stopped\{consumer_group="reader",reason="gap",service="test"\} 1/);
  t.strictSame(await seen('acme'), [1, 2]);

  await stop(consumer);
  consumer = await start();
  await bus.publish(topic, [...records('acme', 7, 8), ...records('beta', 4, 5)]);
  await until({ beta: 5 });
  t.strictSame(await seen('acme'), [1, 2], 'waits across a restart');

  await bus.publish(topic, records('acme', 3, 3));
  await until({ acme: 8 });
  await untilHealth(true);
  t.strictSame(await seen('acme'), upTo(8));
  await bus.publish(topic, records('acme', 9, 10));
  await until({ acme: 10 });
  t.strictSame(await seen('acme'), upTo(10), 'and is back in its partition');
  await stop(consumer);
});

/** A snapshot of nobody. */
const snapshot = (tenant: string, sequence: number): EventRecord =>
  toRecord('directory', 'edge', tenant, sequence, {
    type: 'snapshot.started',
    subject: 'Snapshots/1',
    time: '2026-01-01T00:00:00.000Z',
    data: { provisioning: null, reason: 'a gap', rebuild: false },
  });

t.test('a gap is answered by a snapshot: it is asked for until it comes, and what stood before it is superseded', async (t) => {
  const { runtime, bus, start, stop, seen, until, untilHealth } = await stage();
  const asked: string[] = [];
  const control = await bus.consume({
    group: 'snapshots',
    topics: [topics.request.name],
    async onBatch({ records: found }) {
      for (const { key, value, headers } of found) asked.push(`${key} ${headers.ce_source} ${value}`);
    },
  });
  const consumer = await start();
  await bus.publish(topic, [...records('acme', 1, 2), ...records('acme', 5, 700), ...records('beta', 1, 3)]);
  await runtime.runUntil(() => asked.length === 2);
  const request = 'acme /claras/request/reader {"consumer":"reader","applied":2,"reason":"gap"}';
  t.strictSame(asked, [request, request]);
  t.strictSame(await seen('acme'), [1, 2]);

  await bus.publish(topic, [...records('acme', 701, 702), snapshot('acme', 703), ...records('acme', 704, 705)]);
  await until({ acme: 5, beta: 3 });
  await untilHealth(true);
  t.strictSame(await seen('acme'), [1, 2, 703, 704, 705]);
  await bus.publish(topic, [...records('acme', 3, 4), ...records('acme', 706, 706)]);
  await until({ acme: 6 });
  t.strictSame(await seen('acme'), [1, 2, 703, 704, 705, 706], 'what comes late was superseded, and the tenant is back in its partition');

  const epoch = startOf(1);
  await bus.publish(topic, [...records('acme', epoch + 1, epoch + 1), snapshot('acme', epoch + 2)]);
  await until({ acme: 7 });
  await bus.publish(topic, [...records('acme', 707, 707), ...records('acme', epoch + 3, epoch + 3)]);
  await until({ acme: 8 });
  t.strictSame((await seen('acme')).slice(6), [epoch + 2, epoch + 3], 'a new epoch begins with a snapshot; the old one is over');
  await bus.publish(topic, records('gamma', epoch + 1, epoch + 2));
  await until({ gamma: 2 });
  t.notOk(
    asked.some((request) => request.startsWith('gamma')),
    'a tenant that was founded in the new epoch needs none',
  );
  await Promise.all([stop(consumer), stop(control)]);
});

t.test('a tenant that begins anew is at work: no event is missing any more', async (t) => {
  const { runtime, bus, health, handle, start, stop, seen, until, untilHealth } = await stage();
  const consumer = await start({
    handle: async (turn) => {
      const result = await handle(turn);
      if (turn.background) await runtime.sleep(600_000);
      return result;
    },
  });
  await bus.publish(topic, [...records('acme', 1, 1), ...records('acme', 3, 4)]);
  await untilHealth(false);
  await bus.publish(topic, [snapshot('acme', 5), ...records('acme', 6, 500)]);
  await until({ acme: 2 });
  await runtime.runUntil(() => health.report().ok, 20_000);
  t.ok((await seen('acme')).length < 497);
  await bus.publish(topic, records('acme', 502, 502));
  await untilHealth(false);
  t.match(health.report().checks.reader, { detail: '1 tenants stopped: an event is missing' });
  await stop(consumer);
});

t.test('whoever is stopped amid a snapshot asks for no other', async (t) => {
  const { runtime, bus, store, handle, start, stop, seen, until } = await stage();
  let asked = 0;
  const control = await bus.consume({
    group: 'snapshots',
    topics: [topics.request.name],
    async onBatch({ records: found }) {
      asked += found.length;
    },
  });
  const consumer = await start({
    handle: async (turn) => {
      const result = await handle(turn);
      if (turn.background) await runtime.sleep(60_000);
      return result;
    },
  });
  await bus.publish(topic, [...records('acme', 1, 1), ...records('acme', 3, 4)]);
  await runtime.runUntil(() => asked === 1);
  await bus.publish(topic, [snapshot('acme', 5), ...records('acme', 6, 500)]);
  await until({ acme: 2 });
  const { set } = pauses({ store, runtime });
  await set('reader', 'paused', 'operator');
  const at = runtime.now() + 70_000;
  void runtime.sleep(70_000);
  await runtime.runUntil(() => runtime.now() >= at);
  await set('reader', 'resumed', 'operator');
  await until({ acme: 497 });
  t.equal((await seen('acme')).at(-1), 500);
  t.equal(asked, 1);
  await Promise.all([stop(consumer), stop(control)]);
});

t.test('an event that cannot be applied is passed by a snapshot behind it', async (t) => {
  const { bus, handle, start, stop, seen, until, untilHealth } = await stage();
  const consumer = await start({
    handle: async (turn) => {
      if (turn.events.some(({ sequence }) => sequence === 3)) throw new TypeError('a bug');
      return handle(turn);
    },
  });
  await bus.publish(topic, records('acme', 1, 300));
  await untilHealth(false);
  await bus.publish(topic, [...records('acme', 301, 310), snapshot('acme', 311)]);
  await until({ acme: 1 });
  await untilHealth(true);
  t.equal((await seen('acme')).at(-1), 311);
  await stop(consumer);
});

t.test('of a tenant that waits for a snapshot no more is kept than a queue holds, and its partition goes on', async (t) => {
  const { bus, start, stop, seen, until } = await stage();
  const consumer = await start();
  await bus.publish(topic, records('acme', 1, 1));
  for (let from = 3; from < 53_000; from += 1000) await bus.publish(topic, records('acme', from, from + 999));
  await bus.publish(topic, [...records('acme', 60_001, 60_005), ...records('beta', 1, 3), ...records('gamma', 1, 3)]);
  await until({ beta: 3, gamma: 3 });
  await bus.publish(topic, [...records('acme', 60_006, 60_007), snapshot('acme', 60_008), ...records('acme', 60_009, 62_000)]);
  await until({ acme: 1994 });
  t.strictSame(await seen('acme'), [1, ...upTo(1993).map((n) => 60_007 + n)], 'and all of what stands behind the snapshot');
  await stop(consumer);
});

/** What a queue aside holds of a tenant, and somewhat more. */
const queueful = 50_000;
const moreThanAQueue = 53_000;

t.test('a tenant with a fault and a full queue keeps no other waiting; mended, it asks for a snapshot and is exact again', async (t) => {
  const { runtime, bus, store, health, metrics, handle, start, stop, seen, until, untilHealth } = await stage();
  const raised = alarms({ store, runtime, log: silent });
  const asked: string[] = [];
  const control = await bus.consume({
    group: 'snapshots',
    topics: [topics.request.name],
    async onBatch({ records: found }) {
      asked.push(...found.map(({ key, value }) => `${key} ${value}`));
    },
  });
  let broken = true;
  const given = {
    handle: async (turn: Parameters<typeof handle>[0]) => {
      if (broken && turn.tenant === 'acme' && turn.events.some(({ sequence }) => sequence === 3)) throw new TypeError('a bug');
      return handle(turn);
    },
  };
  let consumer = await start(given);
  for (let from = 1; from < moreThanAQueue; from += 1000) await bus.publish(topic, records('acme', from, from + 999));
  await bus.publish(topic, [...records('beta', 1, 3), ...records('gamma', 1, 3)]);
  await until({ beta: 3, gamma: 3 });
  t.strictSame(await seen('acme'), []);
  t.match(await raised.list(), [{ consumer: 'reader', tenant: 'acme', kind: 'queue-full' }]);

  await stop(consumer);
  consumer = await start(given);
  await untilHealth(false);
  await runtime.runUntil(() => /more events of a tenant wait/.test(health.report().checks.reader?.detail ?? ''));
  t.match(await metrics.text(), /claras_consumer_alarms\{consumer_group="reader",kind="queue-full",service="test"\} 1/);
  t.match(await metrics.text(), /claras_consumer_processed_total\{consumer_group="reader",result="missed",service="test"\} [1-9]/);
  await bus.publish(topic, [...records('acme', moreThanAQueue + 1, moreThanAQueue + 1), ...records('beta', 4, 5)]);
  await until({ beta: 5 });
  t.strictSame(asked, [], 'a fault is looked at by somebody, not passed over');

  broken = false;
  await runtime.runUntil(() => asked.length > 0);
  const kept = await seen('acme');
  t.strictSame(kept, upTo(kept.length), 'what was kept is applied, in order');
  t.ok(kept.length > queueful - 2000 && kept.length <= queueful, `${kept.length} events`);
  t.equal(asked[0], `acme {"consumer":"reader","applied":${kept.length},"reason":"gap"}`);
  const restart = moreThanAQueue + 2;
  await bus.publish(topic, [snapshot('acme', restart), ...records('acme', restart + 1, restart + 5)]);
  await until({ acme: kept.length + 6 });
  t.strictSame(
    (await seen('acme')).slice(kept.length),
    upTo(6).map((n) => restart - 1 + n),
  );
  await untilHealth(true);
  t.strictSame(await raised.list(), []);
  await bus.publish(topic, records('acme', restart + 6, restart + 6));
  await until({ acme: kept.length + 7 });
  await Promise.all([stop(consumer), stop(control)]);
});

t.test('a snapshot that stands behind more events than a queue holds is read: what cannot be applied is passed by it', async (t) => {
  const { bus, handle, start, stop, seen, until, untilHealth } = await stage();
  const consumer = await start({
    handle: async (turn) => {
      if (turn.events.some(({ sequence }) => sequence === 3)) throw new TypeError('a bug');
      return handle(turn);
    },
  });
  for (let from = 1; from < moreThanAQueue; from += 1000) await bus.publish(topic, records('acme', from, from + 999));
  const restart = moreThanAQueue + 1;
  await bus.publish(topic, [snapshot('acme', restart), ...records('acme', restart + 1, restart + 3000)]);
  await until({ acme: 3001 });
  await untilHealth(true);
  t.strictSame(
    await seen('acme'),
    upTo(3001).map((n) => restart - 1 + n),
  );
  await stop(consumer);
});

t.test('a reader to which nobody gives snapshots hears behind a full queue that something is missing', async (t) => {
  const { runtime, bus, start, stop, seen, until, handle, untilHealth } = await stage();
  let broken = true;
  const consumer = await start({
    follows: (sequence, last) => sequence > last,
    topic: 'team',
    handle: async (turn) => {
      if (broken && turn.tenant === 'acme') throw new TypeError('a bug');
      return handle(turn);
    },
  });
  const event = { type: 'profile.created', subject: 'Profiles/p', time: new Date(0).toISOString(), data: {} };
  const team = (tenant: string, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, n) => toRecord('team', 'core', tenant, from + n, event));
  for (let from = 1; from < moreThanAQueue; from += 1000) await bus.publish(topics.team.name, team('acme', from, from + 999));
  await bus.publish(topics.team.name, [...team('beta', 1, 3), ...team('gamma', 1, 3)]);
  await until({ beta: 3, gamma: 3 });
  broken = false;
  let last: number | undefined;
  const look = async () => {
    last = (await seen('acme')).at(-1);
  };
  await runtime.runUntil(() => {
    void look();
    return last === moreThanAQueue;
  });
  const all = await seen('acme');
  t.strictSame(all.slice(0, -1), upTo(all.length - 1));
  t.ok(all.length < moreThanAQueue, 'the newest stands behind a gap');
  await untilHealth(true);
  await bus.publish(topics.team.name, team('acme', moreThanAQueue + 1, moreThanAQueue + 1));
  await until({ acme: all.length + 1 });
  await stop(consumer);
});

t.test('a fault that is no outage stops its tenant alone and never loses the event', async (t) => {
  const { bus, health, handle, start, stop, seen, until, untilHealth } = await stage();
  let broken = true;
  const consumer = await start({
    handle: async (turn) => {
      if (broken && turn.tenant === 'acme' && turn.events.some(({ sequence }) => sequence === 3)) throw new TypeError('a bug');
      return handle(turn);
    },
  });
  await bus.publish(topic, [...records('acme', 1, 5), ...records('beta', 1, 5), ...records('gamma', 1, 5)]);
  await until({ beta: 5, gamma: 5 });
  await untilHealth(false);
  t.strictSame(health.report().checks.reader, { ok: true, needsSomebody: true, detail: '1 tenants stopped: an event cannot be applied' });
  broken = false;
  await until({ acme: 5 });
  await untilHealth(true);
  t.strictSame(await seen('acme'), upTo(5));
  await stop(consumer);
});

t.test('tenant-sized work is done beside the partition; the tenant’s later events wait for it', async (t) => {
  const { runtime, bus, handle, start, stop, seen, until } = await stage();
  const order: string[] = [];
  const consumer = await start({
    handle: async (turn) => {
      const [first] = turn.events;
      if (turn.tenant === 'acme' && first?.sequence === 1) {
        if (!turn.background) return 'later';
        for (let page = 1; page <= 50; page++) {
          await turn.settle(0, { put: { page } });
          await runtime.sleep(1000);
        }
      }
      order.push(turn.tenant);
      return handle(turn);
    },
  });
  await bus.publish(topic, [...records('acme', 1, 2), ...records('beta', 1, 2), ...records('gamma', 1, 2)]);
  await until({ beta: 2, gamma: 2 });
  await bus.publish(topic, records('acme', 3, 4));
  await until({ acme: 4 });
  t.strictSame(await seen('acme'), upTo(4));
  t.notSame(order[0], 'acme');
  await stop(consumer);
});

t.test('what waits aside is worked off while more keeps coming, however quickly', async (t) => {
  const { runtime, bus, handle, start, stop, seen, until } = await stage();
  const consumer = await start({
    handle: async (turn) => {
      if (!turn.background) return 'later';
      await runtime.sleep(300);
      return handle(turn);
    },
  });
  let coming = true;
  let published = 0;
  const publish = async () => {
    while (coming) {
      published += 1;
      await bus.publish(topic, records('acme', published, published));
      await runtime.sleep(100);
    }
  };
  void publish();
  await runtime.runUntil(() => runtime.now() >= 60_000);
  const applied = (await seen('acme')).length;
  t.ok(applied > published - 50, `${applied} of ${published}`);
  coming = false;
  await until({ acme: published });
  t.strictSame(await seen('acme'), upTo(published));
  await stop(consumer);
});

t.test('tenants that stand still keep no other from what it was set aside for, however many they are', async (t) => {
  const { bus, handle, start, stop, seen, until } = await stage();
  const consumer = await start({
    handle: async (turn) => (turn.tenant !== 'zed' || turn.background ? handle(turn) : 'later'),
  });
  for (let n = 1; n <= 30; n++) await bus.publish(topic, records(`acme${n}`, 2, 3));
  await bus.publish(topic, records('zed', 1, 3));
  await until({ zed: 3 });
  t.strictSame(await seen('zed'), upTo(3));
  await stop(consumer);
});

t.test('a record whose key can be no tenant’s is no event, and blocks nobody', async (t) => {
  const { runtime, bus, store, start, stop, until } = await stage();
  const consumer = await start();
  const strange = ['', 'a:b', 'a/b', 'x'.repeat(300)];
  await bus.publish(
    topic,
    strange.map((key) => ({ ...record('acme', 1), key })),
  );
  for (const tenant of ['acme', 'beta', 'gamma']) await bus.publish(topic, records(tenant, 1, 2));
  await until({ acme: 2, beta: 2, gamma: 2 });
  const { letters } = await deadLetters(store, runtime).list({ state: 'parked', consumer: 'reader', limit: 10 });
  t.strictSame(letters.map(({ record: { key } }) => key).sort(), strange.toSorted());
  await stop(consumer);
});

t.test('a record that is no event is parked with all of it, and blocks nobody', async (t) => {
  const { runtime, bus, store, metrics, start, stop, until } = await stage();
  const strange = { key: 'acme', value: 'not json', headers: record('acme', 9).headers };
  const consumer = await start();
  await bus.publish(topic, [
    strange,
    ...records('acme', 1, 2),
    { key: 'zz', value: '{}', headers: { ce_type: 'other' } },
    ...records('beta', 1, 1),
  ]);
  await until({ acme: 2, beta: 1 });

  const { letters, total } = await deadLetters(store, runtime).list({ state: 'parked', consumer: 'reader', limit: 10 });
  t.equal(total, 2);
  t.match(
    letters.find(({ record }) => record.key === 'acme'),
    { topic, reason: /not JSON/, record: strange, attempts: 1 },
  );
  let text = '';
  const look = async () => {
    text = await metrics.text();
  };
  await runtime.runUntil(() => {
    void look();
    return /claras_dlq_depth\{.*\} 2/.test(text);
  });
  t.match(text, /claras_consumer_processed_total\{consumer_group="reader",result="parked",service="test"\} 2/);
  await stop(consumer);
});

/** A letter whose record can be read now: an older version of the consumer parked it. */
async function parkedEarlier(letters: ReturnType<typeof deadLetters>, tenant: string, sequence: number): Promise<string> {
  const offset = String((tenant === 'acme' ? 1000 : 2000) + sequence);
  await letters.add('reader', { topic, partition: 0 }, { ...record(tenant, sequence), offset, time: 0 }, 'a type that was not known');
  return `reader:${topic}:0:${offset.padStart(20, '0')}`;
}

t.test(
  'T11 T12 a replay applies what was missing, changes nothing where its tenant is further, and parks again what is no event',
  async (t) => {
    const { runtime, bus, store, effects, start, stop, until } = await stage();
    const letters = deadLetters(store, runtime);
    const consumer = await start();
    await bus.publish(topic, [
      ...records('acme', 1, 3),
      ...records('beta', 1, 1),
      ...records('beta', 3, 4),
      { ...record('zz', 1), value: 'x' },
    ]);
    await until({ acme: 3, beta: 1 });
    const [old, missing] = [await parkedEarlier(letters, 'acme', 2), await parkedEarlier(letters, 'beta', 2)];
    const [broken] = (await letters.list({ state: 'parked', limit: 10 })).letters.filter(({ record: { key } }) => key === 'zz');
    const foretold = async (id: string) => letters.foretell((await letters.get(id))!.value);
    t.strictSame(await foretold(old), { verdict: 'superseded' });
    t.strictSame(await foretold(missing), { verdict: 'applies' });
    t.match(await foretold(broken!.id), { verdict: 'fails', reason: /not JSON/ });

    const before = effects.length;
    for (const id of [old, missing, broken!.id]) t.ok(await letters.decide(id, 'replaying', 'operator', 100));
    t.equal(await letters.decide(old, 'dropped', 'operator'), undefined, 'it is on its way');
    await until({ beta: 4 });
    const states = async () => Promise.all([old, missing, broken!.id].map(async (id) => (await letters.get(id))!.value));
    let seen = await states();
    const look = async () => {
      seen = await states();
    };
    await runtime.runUntil(() => {
      void look();
      return seen.every(({ state }) => state !== 'replaying');
    });
    t.match(seen, [
      { state: 'replayed', outcome: 'superseded', by: 'operator' },
      { state: 'replayed', outcome: 'applies' },
      { state: 'parked', attempts: 2 },
    ]);
    t.strictSame(effects.slice(before).sort(), ['beta 2', 'beta 3', 'beta 4'], 'the gap is closed, and nothing else happened');
    t.ok(await letters.decide(broken!.id, 'dropped', 'operator'));
    t.equal((await letters.list({ state: 'parked', limit: 10 })).total, 0);
    await stop(consumer);
  },
);

t.test('T13 a replay of many keeps to its rate, goes on after a crash, and each has one effect', async (t) => {
  const { runtime, store, effects, start, stop, until } = await stage();
  const letters = deadLetters(store, runtime);
  const count = 60;
  for (let sequence = 1; sequence <= count; sequence++) {
    const id = await parkedEarlier(letters, 'acme', sequence);
    await letters.decide(id, 'replaying', 'operator', 10);
  }
  const began = runtime.now();
  const first = await start();
  await runtime.runUntil(() => effects.length >= 20);
  await stop(first);
  const second = await start();
  await until({ acme: count });
  t.ok(runtime.now() - began >= ((count - 1) * 1000) / 10, `${runtime.now() - began} ms at 10 a second`);
  t.strictSame(
    effects,
    Array.from({ length: count }, (_, n) => `acme ${n + 1}`),
  );
  await stop(second);
});

t.test('M21 a tenant that is slow is set aside after 2 s: its partition goes on, and each of its effects still comes once', async (t) => {
  const { runtime, bus, effects, handle, start, stop, until } = await stage();
  const quick = ['beta', 'gamma', 'delta', 'epsilon'].find((tenant) => cellOf(tenant, 2) === cellOf('acme', 2))!;
  const slowly: Handle<DirectoryFact> = async (turn) => {
    if (turn.tenant === 'acme') await runtime.sleep(30_000);
    if (turn.tenant === quick) begun.push(runtime.now());
    return handle(turn);
  };
  const begun: number[] = [];
  const consumer = await start({ handle: slowly });
  await bus.publish(topic, [...records('acme', 1, 3), ...records(quick, 1, 3)]);
  await runtime.runUntil(() => effects.includes(`${quick} 3`));
  await bus.publish(topic, [...records('acme', 4, 6), ...records(quick, 4, 6)]);
  await until({ [quick]: 6 });
  t.strictSame(begun, [0, 2000], 'when the other tenant’s batches were taken up, in ms');
  await until({ acme: 6 });
  t.strictSame(
    effects.filter((effect) => effect.startsWith('acme')),
    upTo(6).map((n) => `acme ${n}`),
  );
  await stop(consumer);
});

t.test(
  'paused, no process of a consumer applies anything, across a restart too; it says so and is healthy; resumed, it goes on',
  async (t) => {
    const { runtime, bus, store, health, metrics, effects, start, stop, until } = await stage();
    const { set } = pauses({ store, runtime });
    const passed = async (ms: number) => {
      const at = runtime.now() + ms;
      await runtime.runUntil(() => runtime.now() >= at);
    };
    let [first, second] = [await start(), await start()];
    await bus.publish(topic, [...records('acme', 1, 2), ...records('beta', 1, 2)]);
    await until({ acme: 2, beta: 2 });
    const { since } = (await set('reader', 'paused', 'ann')).paused!;
    await passed(2000);
    await bus.publish(topic, [...records('acme', 3, 4), ...records('beta', 3, 4)]);
    await passed(20_000);
    t.equal(effects.length, 4);
    t.match(health.report(), { ok: true, needsSomebody: false, checks: { reader: { ok: true, detail: `paused by ann since ${since}` } } });
    t.match(await metrics.text(), /claras_consumer_paused\{consumer_group="reader",service="test"\} 1/);

    await Promise.all([stop(first), stop(second)]);
    [first, second] = [await start(), await start()];
    await passed(20_000);
    t.equal(effects.length, 4, 'nor does the next process');

    await set('reader', 'resumed', 'ben');
    await until({ acme: 4, beta: 4 });
    t.equal(effects.length, 8);
    t.strictSame(health.report().checks, { reader: { ok: true } });
    t.match((await pauses({ store, runtime }).read(['reader']))[0]?.deeds, [
      { did: 'resumed', by: 'ben' },
      { did: 'paused', by: 'ann' },
    ]);
    await Promise.all([stop(first), stop(second)]);
  },
);

t.test(
  'paused, a consumer tries nothing again that an outage stopped, takes nothing from a queue aside, and replays nothing',
  async (t) => {
    const { runtime, bus, store, health, effects, trouble, handle, start, stop, until } = await stage();
    const { set } = pauses({ store, runtime });
    const letters = deadLetters(store, runtime);
    const slowly: Handle<DirectoryFact> = async (turn) => (turn.tenant === 'beta' && !turn.background ? 'later' : handle(turn));
    trouble.down = true;
    const consumer = await start({ handle: slowly });
    await bus.publish(topic, [...records('acme', 1, 3), ...records('beta', 1, 3)]);
    await runtime.runUntil(() => !health.report().ok);
    await set('reader', 'paused', 'ann');
    const paused = runtime.now();
    await runtime.runUntil(() => health.report().ok);
    t.ok(runtime.now() - paused <= 2000, `obeyed within ${runtime.now() - paused} ms`);
    trouble.down = false;
    const letter = await parkedEarlier(letters, 'gamma', 1);
    await letters.decide(letter, 'replaying', 'ann', 100);
    const at = runtime.now() + 60_000;
    await runtime.runUntil(() => runtime.now() >= at);
    t.strictSame(effects, []);
    await set('reader', 'resumed', 'ann');
    await until({ acme: 3, beta: 3, gamma: 1 });
    await stop(consumer);
  },
);

const erased = (tenant: string, sequence: number): EventRecord =>
  toRecord('directory', 'edge', tenant, sequence, {
    type: 'tenant.erased',
    subject: `Tenants/${tenant}`,
    time: '2026-01-01T00:00:00.000Z',
    data: {},
  });

t.test('S31 a tenant that is erased ends, whatever waits aside before it, and nothing that comes late brings it back', async (t) => {
  const { runtime, bus, store, effects, handle, start, stop, seen, until, untilHealth } = await stage();
  const ended = async (tenant: string) => {
    let done = false;
    const look = async () => {
      done = await store.sweep(`reader/${tenant}`);
    };
    await runtime.runUntil(() => {
      void look();
      return done;
    });
  };
  const consumer = await start({
    handle: async (turn) => {
      if (turn.tenant === 'faulty') throw new TypeError('a bug');
      return handle(turn);
    },
  });
  await bus.publish(topic, [...records('acme', 1, 2), ...records('acme', 4, 6), ...records('faulty', 1, 3), ...records('beta', 1, 3)]);
  await until({ acme: 2, beta: 3 });
  await untilHealth(false);
  await bus.publish(topic, [erased('acme', 9), erased('faulty', 4), erased('whole', 1), ...records('beta', 4, 4)]);
  await until({ beta: 4 });
  for (const tenant of ['acme', 'faulty', 'whole']) await ended(tenant);
  await untilHealth(true);

  const before = effects.length;
  await parkedEarlier(deadLetters(store, runtime), 'acme', 3);
  const [letter] = (await deadLetters(store, runtime).list({ state: 'parked', consumer: 'reader', limit: 1 })).letters;
  await deadLetters(store, runtime).decide(letter!.id, 'replaying', 'operator');
  await bus.publish(topic, [...records('acme', 3, 7), erased('acme', 9), ...records('faulty', 2, 3), ...records('beta', 5, 5)]);
  await until({ beta: 5 });
  let replayed = false;
  const look = async () => {
    replayed = (await deadLetters(store, runtime).get(letter!.id))?.value.outcome === 'superseded';
  };
  await runtime.runUntil(() => {
    void look();
    return replayed;
  });
  t.strictSame(effects.slice(before), ['beta 5']);
  t.strictSame([await seen('acme'), await seen('faulty')], [[], []], 'nothing is left of it');
  t.equal((await store.range('reader/', 'aside', { limit: 1 })).total, 0, 'nor does anybody wait');
  await stop(consumer);

  await deadLetters(store, runtime).erase('acme');
  t.equal(await deadLetters(store, runtime).get(letter!.id), undefined);
  t.equal((await deadLetters(store, runtime).list({ state: 'replayed', consumer: 'reader', limit: 1 })).total, 0);
});
