import type { EventRecord } from '@claras/contracts/cloud-event';
import { type Billing, BillingUnavailable, ledgerRules } from '@claras/ports/billing/billing';
import { type Batch, type Bus, BusUnavailable, type Consumer, type Subscription } from '@claras/ports/bus/bus';
import { type CoreApp, CoreAppUnavailable } from '@claras/ports/core-app/core-app';
import { type Outbox, type Store, StoreUnavailable } from '@claras/ports/store/store';
import type { Life } from './life.ts';
import type { Link, Weather } from './weather.ts';
import type { WorldClock } from './world-clock.ts';

/** The ports as a process meets them: behind a network and on a machine, both of which fail. */
export interface Network {
  store(life: Life): Store;
  bus(life: Life): Bus;
  /** The core app and the billing system behind whichever of their processes answers. */
  coreApp(life: Life, processes: () => readonly Served<CoreApp>[]): CoreApp;
  billing(life: Life, processes: () => readonly Served<Billing>[]): Billing;
}

/** What a process serves while it lives. */
export interface Served<T> {
  life: Life;
  served: T;
}

const patience: Record<Link, number> = { store: 2500, bus: 5000, core: 10_000, billing: 10_000 };
/** After this long without a sign a group gives a reader's partitions to others. */
const session = 6000;

export function network(world: { clock: WorldClock; weather: Weather; store: Store; bus: Bus }): Network {
  const { clock, weather } = world;

  /** One call: what may happen on its way there, to its answer, and to its caller. */
  async function call<T>(life: Life, link: Link, effect: () => Promise<T>, unavailable: (message: string) => Error): Promise<T> {
    await life.gate();
    await life.runtime.sleep(weather.delay());
    const mishap = weather.mishap();
    if (mishap) clock.tell(`${life.name}: ${link} ${mishap}`);
    if (mishap === 'crash before') life.crash();
    await life.gate();
    if (mishap === 'lost' || weather.down(link)) {
      await life.runtime.sleep(clock.random() * patience[link]);
      throw unavailable('no answer');
    }
    const answer = await effect();
    if (mishap === 'doubled') await effect();
    if (mishap === 'crash behind') life.crash();
    await life.gate();
    if (mishap === 'unanswered') {
      await life.runtime.sleep(clock.random() * patience[link]);
      throw unavailable('the answer was lost');
    }
    await life.runtime.sleep(weather.delay());
    return answer;
  }

  function store(life: Life): Store {
    const ask = <T>(effect: () => Promise<T>) => call(life, 'store', effect, (message) => new StoreUnavailable(message));
    /** As the adapter for Redis does: a commit whose answer was lost is asked again under its id, for a while. */
    async function settled<T>(effect: () => Promise<T>): Promise<T> {
      for (const deadline = life.runtime.now() + patience.store; ; ) {
        try {
          return await ask(effect);
        } catch (error) {
          if (!(error instanceof StoreUnavailable) || life.runtime.now() > deadline) throw error;
        }
      }
    }

    function outbox(service: string): Outbox {
      const real = world.store.outbox(service)!;
      return {
        read: (cell, limit) => ask(() => real.read(cell, limit)),
        trim: (cell, id) => ask(() => real.trim(cell, id)),
        lease: (cell, holder, ms) => ask(() => real.lease(cell, holder, ms)),
        release: (cell, holder) => ask(() => real.release(cell, holder)),
        depth: () => ask(() => real.depth()),
        onAppend(listener) {
          const stop = real.onAppend((cell) => {
            if (!life.dead() && !weather.strikes(0.1)) void life.gate().then(() => listener(cell));
          });
          life.onDeath(stop);
          return stop;
        },
      };
    }

    return {
      cells: world.store.cells,
      read: (scope, keys) => ask(() => world.store.read(scope, keys)),
      range: (scope, index, query) => ask(() => world.store.range(scope, index, query)),
      has: (scope, index, members) => ask(() => world.store.has(scope, index, members)),
      commit: (scope, change) => {
        const sent = { ...change };
        return settled(() => world.store.commit(scope, sent));
      },
      sweep: (scope) => ask(() => world.store.sweep(scope)),
      epochs: () => ask(() => world.store.epochs()),
      raiseEpoch: () => ask(() => world.store.raiseEpoch()),
      outbox,
      ping: () => ask(world.store.ping),
      close: async () => {},
    };
  }

  /** The order inside a key is kept; keys change places. */
  function shuffled(records: readonly EventRecord[]): EventRecord[] {
    if (!weather.strikes(0.5)) return [...records];
    const keys = [...Map.groupBy(records, ({ key }) => key).values()];
    const mixed: EventRecord[] = [];
    while (keys.some(({ length }) => length > 0)) mixed.push(clock.pick(keys.filter(({ length }) => length > 0)).shift()!);
    return mixed;
  }

  function bus(life: Life): Bus {
    const ask = <T>(effect: () => Promise<T>) => call(life, 'bus', effect, (message) => new BusUnavailable(message));
    return {
      ...world.bus,
      publish: (topic, records) => ask(() => world.bus.publish(topic, shuffled(records))),
      lag: (group, topics) => ask(() => world.bus.lag(group, topics)),
      ping: () => ask(world.bus.ping),
      consume: (subscription) => membership(life, subscription),
    };
  }

  /** A reader in its group: expelled a session after it died or froze, and a member again when it goes on. */
  async function membership(life: Life, subscription: Subscription): Promise<Consumer> {
    let member: { consumer: Consumer; expel(error: Error): void };
    let paused = subscription.paused ?? false;

    async function join(): Promise<void> {
      const expelled = Promise.withResolvers<never>();
      expelled.promise.catch(() => {});
      const state = { lost: false };
      const consumer = await world.bus.consume({
        ...subscription,
        paused,
        onBatch: (batch) => Promise.race([expelled.promise, hand(batch, state)]),
      });
      member = {
        consumer,
        expel(error) {
          state.lost = true;
          expelled.reject(error);
        },
      };
    }

    async function hand(batch: Batch, state: { lost: boolean }): Promise<void> {
      await life.gate();
      await life.runtime.sleep(weather.delay());
      while (weather.down('bus')) await life.runtime.sleep(500);
      await subscription.onBatch({ ...batch, alive: () => batch.alive() && !state.lost });
      const mishap = weather.mishap();
      if (mishap) clock.tell(`${life.name}: offset ${mishap}`);
      if (mishap?.startsWith('crash')) life.crash();
      await life.gate();
      if (mishap) throw new BusUnavailable('the offset was not committed');
    }

    async function expelIn(ms: number, rejoin: boolean): Promise<void> {
      await clock.sleep(ms);
      const leaving = member.consumer.close();
      member.expel(new BusUnavailable('expelled'));
      await leaving;
      if (!rejoin) return;
      await life.gate();
      await join();
    }

    await join();
    life.onDeath(() => void expelIn(session, false));
    life.onFreeze((ms) => {
      if (ms > session) void expelIn(session, true);
    });
    return {
      pause() {
        paused = true;
        member.consumer.pause();
      },
      resume() {
        paused = false;
        member.consumer.resume();
      },
      close: () => member.consumer.close(),
    };
  }

  /** One of the processes that live takes the call; none of its answers comes when it dies. */
  async function askOneOf<T, R>(
    caller: Life,
    link: Link,
    processes: readonly Served<T>[],
    unavailable: (message: string) => Error,
    ask: (served: T) => Promise<R>,
  ): Promise<R> {
    const up = processes.filter(({ life }) => !life.dead());
    if (up.length === 0) throw unavailable('nobody listens');
    const { life, served } = clock.pick(up);
    const died = new Promise<never>((_, reject) => life.onDeath(() => reject(unavailable('hung up'))));
    const waited = new AbortController();
    const late = caller.runtime.sleep(patience[link], waited.signal).then(() => Promise.reject(unavailable('no answer in time')));
    late.catch(() => {});
    const answered = life.gate().then(() => ask(served));
    return Promise.race([answered, died, late]).finally(() => waited.abort());
  }

  const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

  return {
    store,
    bus,
    coreApp(life, processes) {
      const unavailable = (message: string) => new CoreAppUnavailable(message);
      const ask = <R>(question: (core: CoreApp) => Promise<R>) =>
        call(life, 'core', () => askOneOf(life, 'core', processes(), unavailable, question), unavailable);
      return {
        apply: (tenant, changes) => ask(async (core) => asJson(await core.apply(tenant, asJson(changes)))),
        seats: (tenant) => ask((core) => core.seats(tenant)),
        linkedBefore: (tenant, sequence, page) => ask((core) => core.linkedBefore(tenant, sequence, page)),
      };
    },
    billing(life, processes) {
      const unavailable = (message: string) => new BillingUnavailable(message);
      const ask = <R>(question: (billing: Billing) => Promise<R>) =>
        call(life, 'billing', () => askOneOf(life, 'billing', processes(), unavailable, question), unavailable);
      return {
        rules: ledgerRules,
        setSeats: (tenant, seats) => ask((billing) => billing.setSeats(tenant, seats)),
        billed: (tenant) => ask((billing) => billing.billed(tenant)),
      };
    },
  };
}
