import { isAsDescribed } from '@claras/contracts/as-described';
import { fromRecord, MalformedEvent } from '@claras/contracts/cloud-event';
import type { Fact, Positioned } from '@claras/contracts/events';
import { type TopicName, topics } from '@claras/contracts/topics';
import { backoff } from '@claras/ports/backoff';
import type { Batch, Bus, Received } from '@claras/ports/bus/bus';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { Store } from '@claras/ports/store/store';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import { deadLetters } from './dead-letters.ts';
import type { PauseGate } from './pause-gate.ts';
import type { Problems } from './problems.ts';
import { replayForEver } from './replay.ts';
import { Interrupted, isRetryable } from './retryable.ts';
import { sideBySide } from './side-by-side.ts';
import { watchLag } from './watch-lag.ts';

export interface TopicReader<F extends Fact> {
  /** The consumer group, and the service's name in the store. */
  name: string;
  topic: TopicName;
  bus: Bus;
  store: Store;
  runtime: Runtime;
  log: Log;
  measure: ConsumerMetrics;
  problems: Problems;
  gate: PauseGate;
  /** Nobody waits for it: as in the bus's subscription. */
  gathers?: boolean | undefined;
  /**
   * Whether each event stands by itself: later ones may go before it, and one that was applied already changes nothing. Then one at fault is
   * parked, and its tenant goes on.
   */
  standsAlone?: boolean | undefined;
  /** Whether an event without the data that its type promises is no event of ours: where nobody can tell it once more, and right. */
  checksData?: boolean | undefined;
  /** The events of one tenant in a batch, in order; called again with the same ones until it resolves. */
  take(tenant: string, events: Positioned<F>[]): Promise<void>;
}

interface Read<F extends Fact> {
  event: Positioned<F>;
  record: Received;
}

const tenantsAtOnce = 16;
const longestOutageWait = 5_000;
const longestFaultWait = 30_000;

const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/**
 * Reads a topic for ever: tenants side by side, each in order. An outage is waited for, and told; nothing is skipped. A record that is no
 * event of ours is parked, as is one at fault that stands alone.
 */
export async function readTopic<F extends Fact>(reader: TopicReader<F>): Promise<{ close(): Promise<void> }> {
  const {
    name,
    topic,
    bus,
    store,
    runtime,
    log,
    measure,
    problems,
    gate,
    gathers = false,
    standsAlone = false,
    checksData = false,
  } = reader;
  const closing = new AbortController();
  const { signal } = closing;
  const letters = deadLetters(store, runtime);

  const malformed = (event: Positioned<F>): Error | undefined =>
    checksData && !isAsDescribed(topic, event) ? new MalformedEvent(`the data of ${event.id} is not that of ${event.type}`) : undefined;

  async function persist(cause: string, alive: () => boolean, attempt: () => Promise<void>): Promise<void> {
    try {
      for (let failures = 1; ; failures++) {
        if (signal.aborted || !alive() || gate.isPaused()) throw new Interrupted();
        const error = await attempt().then(() => undefined, errorOf);
        if (error === undefined) return;
        measure.processed('retried');
        problems.set(cause, `waiting: ${error.name}`);
        // Powers of two: an outage is told, and does not fill the disk.
        if (Number.isInteger(Math.log2(failures)))
          log[isRetryable(error) ? 'warn' : 'error']({ err: error, cause, failures }, 'trying again');
        const longest = isRetryable(error) ? longestOutageWait : longestFaultWait;
        await backoff(runtime, failures, longest, AbortSignal.any([signal, gate.signal()]));
      }
    } finally {
      problems.clear(cause);
    }
  }

  async function park(batch: Batch, record: Received, error: Error): Promise<void> {
    await persist(`parking ${batch.partition}`, batch.alive, () => letters.add(name, batch, record, error.message));
    measure.processed('parked');
    log.error({ err: error, topic: batch.topic, partition: batch.partition, offset: record.offset }, 'parked a record');
  }

  /** Resolves with what is at fault, where that is not waited for. */
  async function take(tenant: string, events: Positioned<F>[], alive: () => boolean): Promise<Error | undefined> {
    let fault: Error | undefined;
    await persist(`tenant ${tenant}`, alive, () =>
      reader.take(tenant, events).catch((error: unknown) => {
        if (!standsAlone || isRetryable(error)) throw error;
        fault = errorOf(error);
      }),
    );
    return fault;
  }

  /** A tenant's events at once; where one is at fault each by itself, so that it alone is parked. */
  async function takeRead(batch: Batch, tenant: string, read: readonly Read<F>[]): Promise<void> {
    const fault = await take(
      tenant,
      read.map(({ event }) => event),
      batch.alive,
    );
    if (!fault) return;
    if (read.length === 1) await park(batch, read[0]!.record, fault);
    else for (const one of read) await takeRead(batch, tenant, [one]);
  }

  async function onBatch(batch: Batch): Promise<void> {
    problems.clear('bus');
    const tenants = new Map<string, Read<F>[]>();
    for (const record of batch.records) {
      try {
        const event = fromRecord<F>(topic, record);
        const fault = malformed(event);
        if (fault) throw fault;
        const read = tenants.get(event.tenant);
        if (read) read.push({ event, record });
        else tenants.set(event.tenant, [{ event, record }]);
      } catch (error) {
        await park(batch, record, error as Error);
      }
    }
    await sideBySide(tenantsAtOnce, tenants, ([tenant, read]) => takeRead(batch, tenant, read));
  }

  const consumer = await bus.consume({
    group: name,
    topics: [topics[topic].name],
    paused: true,
    gathers,
    onBatch,
    onState(state, detail) {
      if (state === 'joined') problems.clear('bus');
      if (state === 'rebalancing') measure.rebalanced();
      if (state !== 'failed' || signal.aborted || gate.isPaused()) return;
      problems.set('bus', 'cannot read the topic');
      log.warn({ detail }, 'cannot read the topic; trying again');
    },
  });
  gate.follow((paused) => (paused ? consumer.pause() : consumer.resume()));
  const watching = watchLag({ name, topic, bus, letters, runtime, log, measure, problems, signal });
  const replaying = replayForEver<F>({
    ...{ consumer: name, letters, runtime, log, signal, gate },
    take: async (event) => malformed(event) ?? take(event.tenant, [event], () => true),
  });

  return {
    async close() {
      closing.abort();
      await Promise.all([consumer.close(), watching, gate.close(), replaying.catch(() => undefined)]);
    },
  };
}
