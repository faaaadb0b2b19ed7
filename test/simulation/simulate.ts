import { topicOfService, topics } from '@claras/contracts/topics';
import { keys } from '@claras/directory/keys';
import { providers } from '@claras/directory/providers';
import { tenants } from '@claras/directory/tenants';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import type { Log } from '@claras/ports/log';
import { memoryStore } from '@claras/ports/store/memory-store';
import { company } from './company.ts';
import { effectsLedger } from './effects-ledger.ts';
import { misfortuneOf, strike } from './misfortune.ts';
import { pepper, processes, soundWiring, type Wiring } from './processes.ts';
import { isQuiet, verdict } from './verdict.ts';
import { weatherOf } from './weather.ts';
import { worldClock } from './world-clock.ts';

export interface Outcome {
  seed: number;
  /** Empty: every promise was kept. */
  violations: string[];
  /** Equal for two runs that did the same in the same order. */
  digest: string;
  /** Writes that were acknowledged, and changes that took effect in the core app. */
  writes: number;
  effects: number;
}

const minute = 60_000;
const aftermath = 25_000;
const cells = 2;

/**
 * The whole flow in this process under a virtual clock: the edge, the relays, all consumers, the core app and billing, with clients that
 * write while things fail. Everything follows from the seed.
 */
export async function simulate(seed: number, wiring: Partial<Wiring> = {}, say?: (line: string) => void): Promise<Outcome> {
  const clock = worldClock(seed, say);
  const bus = memoryBus({ runtime: clock });
  const effects = effectsLedger(memoryStore({ cells, topicOf: topicOfService, runtime: clock }));
  const { store } = effects;
  const weather = weatherOf(clock);
  const evidence = { clock, store, bus, effects };
  let outcome: Outcome | undefined;
  let failure: unknown;

  async function tenant(name: string) {
    const durable = { store, runtime: clock };
    const { id } = await tenants(durable).create({ name, domains: ['acme.example'], scim: true });
    const { value } = await keys({ ...durable, peppers: [pepper] }).create({ tenant: id, name: 'Entra', scopes: ['scim.full'] });
    const [provider] = await providers(durable).list(id);
    return { tenant: id, key: value, provider: provider!.id };
  }

  async function live(): Promise<void> {
    await bus.prepare(Object.values(topics).map(({ name }) => ({ name, partitions: cells })));
    const founded = [await tenant('Acme'), await tenant('Globex'), ...(clock.oneIn(2) ? [await tenant('Initech')] : [])];
    const said = (level: string) => (detail: object, message: string) => {
      const { err, ...rest } = detail as { err?: Error };
      clock.tell(`${level}: ${message} ${JSON.stringify(rest)} ${err ? `${err.name}: ${err.message}` : ''}`);
    };
    const log: Log = { info: () => {}, warn: said('warn'), error: said('error') };
    const running = processes({ clock, weather, store, bus, wiring: { ...soundWiring, ...wiring }, log });
    const companies = founded.map((each) => company({ ...each, clock, weather, processes: running }));
    const operations = 5 + clock.below(25);
    const misfortune = misfortuneOf(clock);
    const storm = weather.storm(5_000 + clock.below(20_000));
    const struck = strike(misfortune, { clock, weather, store, tenants: founded.map((each) => each.tenant) });
    await Promise.all([storm, struck, ...companies.map(({ work }) => work(operations))]);

    // The latest messages of the storm arrive, and whoever was frozen in it goes on: a request that was sent twice may begin one more snapshot.
    await clock.sleep(aftermath);
    const patience = clock.now() + 10 * minute;
    while (!(await isQuiet(evidence)) && clock.now() < patience) await clock.sleep(1000);
    const violations = clock.now() < patience ? [] : ['not quiet 10 minutes after the last fault'];
    violations.push(
      ...(await verdict(
        { ...evidence, misfortune },
        companies.map(({ promised }) => promised),
      )),
    );
    const writes = companies.reduce((sum, { promised }) => sum + promised.writes, 0);
    outcome = { seed, violations, digest: clock.digest(), writes, effects: effects.size() };
  }

  live().catch((error: unknown) => {
    failure = error;
  });
  const neverDone = await clock
    .runUntil(() => outcome !== undefined || failure !== undefined, 60 * minute)
    .then(() => '')
    .catch((error: Error) => `never done: ${error.message}`);
  clock.end();
  if (failure) throw failure;
  return outcome ?? { seed, violations: [neverDone], digest: clock.digest(), writes: 0, effects: effects.size() };
}
