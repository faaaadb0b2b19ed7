import { archiver } from '@claras/archiver/consumer';
import { ledger } from '@claras/billing-ledger/ledger';
import { billingSync } from '@claras/billing-sync/consumer';
import { snapshotMaker } from '@claras/console/snapshots/snapshot-maker';
import { type TopicName, topics } from '@claras/contracts/topics';
import { coreApp } from '@claras/core-app/core-app';
import { keys } from '@claras/directory/keys';
import { type Providers, providers } from '@claras/directory/providers';
import { type Snapshots, snapshots } from '@claras/directory/snapshots';
import type { Billing } from '@claras/ports/billing/billing';
import type { Bus } from '@claras/ports/bus/bus';
import type { CoreApp, Team } from '@claras/ports/core-app/core-app';
import type { Log } from '@claras/ports/log';
import { relay } from '@claras/ports/relay';
import type { Store } from '@claras/ports/store/store';
import { profileSync } from '@claras/profile-sync/consumer';
import { roleMapper } from '@claras/role-mapper/consumer';
import { edgeServer } from '@claras/scim-edge/edge-server';
import type { ConsumerParts } from '@claras/service-kit/consumer';
import { createHealth } from '@claras/service-kit/health';
import { createMetrics } from '@claras/service-kit/metrics';
import { pauses } from '@claras/service-kit/pauses';
import { type Life, life } from './life.ts';
import { type Network, network, type Served } from './network.ts';
import type { Weather } from './weather.ts';
import type { WorldClock } from './world-clock.ts';

export const pepper = 'pepper of a simulation';
export const consumerNames = ['profile-sync', 'role-mapper', 'archiver'] as const;

/** Where a test may put something broken in the place of a wire, to see that it is found. */
export interface Wiring {
  relayedTo(bus: Bus): Bus;
  consumersRead(bus: Bus): Bus;
  consumersCall(core: CoreApp): CoreApp;
  billed(billing: Billing): Billing;
  coreKeeps(store: Store): Store;
  edgeKeeps(store: Store): Store;
}
export const soundWiring: Wiring = {
  relayedTo: (bus) => bus,
  consumersRead: (bus) => bus,
  consumersCall: (core) => core,
  billed: (billing) => billing,
  coreKeeps: (store) => store,
  edgeKeeps: (store) => store,
};

export interface Edge {
  inject(request: { method: string; url: string; headers: Record<string, string>; body?: string }): Promise<Answer>;
}
export interface Console {
  providers: Providers;
  snapshots: Snapshots;
}
export interface Answer {
  status: number;
  body: unknown;
}

interface World {
  clock: WorldClock;
  weather: Weather;
  store: Store;
  bus: Bus;
  wiring: Wiring;
  log: Log;
}

/** One registry for all: it only counts, and each has collectors of the machine that would outlive a simulation. */
const metrics = createMetrics('simulation');

/** Every process of the flow, each started again when it is killed. */
export function processes(world: World) {
  const { clock, weather, wiring, log } = world;
  const ports: Network = network(world);
  const lives = new Map<string, Life>();
  const edges: Served<Edge>[] = [];
  const cores: Served<CoreApp & Team>[] = [];
  const billings: Served<Billing>[] = [];
  const consoles: Served<Console>[] = [];

  /** Starts it, and again after each death. */
  async function keepRunning(name: string, start: (life: Life) => Promise<void> | void): Promise<void> {
    for (;;) {
      const running = life(name, clock, weather.skew());
      lives.set(name, running);
      const died = new Promise<void>((resolve) => running.onDeath(resolve));
      void Promise.resolve(start(running)).catch((error: Error) => clock.tell(`${name} cannot start: ${error.message}`));
      await died;
      await clock.sleep(clock.below(4000));
      clock.tell(`${name} starts again`);
    }
  }

  function serve<T>(list: Served<T>[], life: Life, served: T): void {
    const entry = { life, served };
    list.push(entry);
    life.onDeath(() => void list.splice(list.indexOf(entry), 1));
  }

  function relayOf(life: Life, store: Store, service: string, topic: TopicName): void {
    const { cells, outbox } = store;
    const bus = wiring.relayedTo(ports.bus(life));
    relay({ outbox: outbox(service)!, bus, topic: topics[topic].name, cells, runtime: life.runtime, holder: clock.id(), log });
  }

  async function edge(life: Life): Promise<void> {
    const store = wiring.edgeKeeps(ports.store(life));
    const durable = { store, runtime: life.runtime };
    const app = edgeServer({ ...durable, keys: keys({ ...durable, peppers: [pepper] }), log });
    await app.ready();
    relayOf(life, store, 'edge', 'directory');
    serve(edges, life, {
      async inject({ method, url, headers, body }) {
        const answer = await app.inject({ method: method as 'GET', url, headers, ...(body === undefined ? {} : { payload: body }) });
        return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() };
      },
    });
  }

  function core(life: Life): void {
    const store = wiring.coreKeeps(ports.store(life));
    relayOf(life, store, 'core', 'team');
    serve(cores, life, coreApp({ store, runtime: life.runtime }));
  }

  function consoleOf(life: Life): void {
    const durable = { store: ports.store(life), runtime: life.runtime };
    serve(consoles, life, { providers: providers(durable), snapshots: snapshots(durable) });
  }
  const ledgerOf = (life: Life): void => serve(billings, life, ledger({ store: ports.store(life), runtime: life.runtime }));

  const consumer =
    (start: (parts: ConsumerParts & { coreApp: CoreApp; billing: Billing }) => Promise<unknown>) =>
    async (life: Life): Promise<void> => {
      const calls = wiring.consumersCall(ports.coreApp(life, () => cores));
      const billing = wiring.billed(ports.billing(life, () => billings));
      const bus = wiring.consumersRead(ports.bus(life));
      const store = ports.store(life);
      await start({ store, bus, runtime: life.runtime, log, metrics, health: createHealth(), coreApp: calls, billing });
    };

  const programs: [string, (life: Life) => Promise<void> | void][] = [
    ['edge', edge],
    ['core', core],
    ['console', consoleOf],
    ['ledger', ledgerOf],
    ['profile-sync', consumer(profileSync)],
    ['role-mapper', consumer(roleMapper)],
    ['archiver', consumer(archiver)],
    ['billing-sync', consumer(billingSync)],
    ['snapshots', consumer(snapshotMaker)],
  ];
  for (const [name, start] of programs)
    for (let n = 0; n < (name === 'edge' ? 2 : clock.pick([1, 1, 2])); n++) void keepRunning(`${name} ${n + 1}`, start);

  /** Freezes one process now and then, for less or more than its session. */
  async function frost(): Promise<void> {
    while (!weather.calm()) {
      await clock.sleep(clock.below(20_000));
      if (weather.strikes(0.5)) await clock.pick([...lives.values()]).freeze(clock.below(15_000));
    }
  }
  void frost();

  /** The operator pauses a consumer now and then. */
  async function rests(): Promise<void> {
    const { set } = pauses({ store: world.store, runtime: clock });
    while (!weather.calm()) {
      await clock.sleep(clock.below(20_000));
      if (!weather.strikes(0.5)) continue;
      const name = clock.pick([...consumerNames, 'billing-sync']);
      clock.tell(`${name} is paused`);
      await set(name, 'paused', 'operator');
      await clock.sleep(clock.below(10_000));
      await set(name, 'resumed', 'operator');
    }
  }
  void rests();

  return { edges: () => edges, cores: () => cores, consoles: () => consoles };
}
export type Processes = ReturnType<typeof processes>;
