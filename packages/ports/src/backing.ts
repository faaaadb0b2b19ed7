import { type EventSource, topicOfService, topics } from '@claras/contracts/topics';
import { backoff } from './backoff.ts';
import { type Bus, BusUnavailable } from './bus/bus.ts';
import { embeddedBus } from './bus/embedded-bus.ts';
import { kafkaBus } from './bus/kafka-bus.ts';
import { memoryBus } from './bus/memory-bus.ts';
import type { Log } from './log.ts';
import { type RelayOptions, relay } from './relay.ts';
import type { Runtime } from './runtime.ts';
import { lmdbEnvironment } from './store/lmdb-environment.ts';
import { lmdbStore } from './store/lmdb-store.ts';
import { memoryStore } from './store/memory-store.ts';
import { redisStore } from './store/redis-store.ts';
import { type Store, StoreUnavailable } from './store/store.ts';

/** What a process stands on: where state is, and where events go. */
export interface Backing {
  store: Store;
  bus: Bus;
  /** Publishes what `service` commits. Each process that commits events runs one (DECISIONS 7). */
  relay(service: EventSource, watch?: Pick<RelayOptions, 'onState' | 'onDepth'>): { close(): Promise<void> };
  close(): Promise<void>;
}

export interface BackingOptions {
  /** `file:DIR`, `redis://HOST:PORT` or `memory:`. */
  storeUrl: string;
  /** `file:DIR` (the store's own, as the configuration demands), `kafka://HOST:PORT,…`, `kafka+ssl:` or `memory:`. */
  busUrl: string;
  cells: number;
  /** `production`: a Redis that may lose what it acknowledged is refused. */
  nodeEnv?: string | undefined;
  runtime: Runtime;
  log?: Log | undefined;
}

/** Three outcomes come of each event, and people read them: they gather, so as not to hold up what an event does. */
const outcomesLingerMs = 100;

/**
 * Opens what the URLs name and creates the topics. A Kafka that is down does not keep a process from starting: the topics are created once
 * it answers, and until then events wait in the outbox. Throws where a topic has another number of partitions than `cells`, and where the store
 * answers that it will not do.
 */
export async function openBacking(options: BackingOptions): Promise<Backing> {
  const { cells, runtime, log } = options;
  const { store, bus } = await openPorts(options);
  const closing = new AbortController();
  const isFit = store.ping().catch((error) => {
    if (!(error instanceof StoreUnavailable)) throw error;
    log?.warn({ error: error.message }, 'the store does not answer yet');
  });
  await Promise.all([isFit, prepareTopics(bus, options, closing.signal)]).catch(async (error) => {
    closing.abort();
    await Promise.all([store.close(), bus.close()]);
    throw error;
  });

  return {
    store,
    bus,
    relay(service, watch) {
      const outbox = store.outbox(service);
      // Commits stand in the log already.
      if (!outbox) return { close: async () => {} };
      const topic = topicOfService[service];
      return relay({
        outbox,
        bus,
        topic: topics[topic].name,
        lingerMs: topic === 'outcome' ? outcomesLingerMs : 0,
        cells,
        runtime,
        log,
        holder: runtime.id(),
        ...watch,
      });
    },
    async close() {
      closing.abort();
      await bus.close();
      await store.close();
    },
  };
}

async function openPorts({ storeUrl, busUrl, cells, nodeEnv, runtime, log }: BackingOptions): Promise<{ store: Store; bus: Bus }> {
  const settings = { cells, topicOf: topicOfService, runtime };
  if (storeUrl.startsWith('file:')) {
    const environment = lmdbEnvironment(storeUrl.slice('file:'.length), settings);
    return { store: lmdbStore(environment, settings), bus: embeddedBus(environment, settings) };
  }
  const store =
    storeUrl === 'memory:'
      ? memoryStore(settings)
      : redisStore(storeUrl, { ...settings, production: nodeEnv === 'production', ...(log ? { log } : {}) });
  const bus =
    busUrl === 'memory:' ? memoryBus({ runtime }) : kafkaBus(busUrl, { clientId: 'claras-scim', runtime, ...(log ? { log } : {}) });
  return { store, bus };
}

/** Tries once; where the bus does not answer, goes on trying in the background. */
async function prepareTopics(bus: Bus, { cells, runtime, log }: BackingOptions, signal: AbortSignal): Promise<void> {
  const wanted = Object.values(topics).map(({ name }) => ({ name, partitions: cells }));
  const attempt = () =>
    bus.prepare(wanted).then(
      () => true,
      (error) => {
        if (!(error instanceof BusUnavailable)) throw error;
        log?.warn({ error: error.message }, 'the topics are not there yet');
        return false;
      },
    );
  const tryOn = async () => {
    for (let failures = 1; !signal.aborted; failures++) {
      await backoff(runtime, failures, 5000, signal);
      if (signal.aborted || (await attempt())) return;
    }
  };
  if (!(await attempt())) tryOn().catch((error) => log?.error({ error: error.message }, 'the topics do not fit'));
}
