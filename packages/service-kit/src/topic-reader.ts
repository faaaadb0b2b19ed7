import { fromRecord } from '@claras/contracts/cloud-event';
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
  /** The events of one tenant in a batch, in order; called again with the same ones until it resolves. */
  take(tenant: string, events: Positioned<F>[]): Promise<void>;
}

const tenantsAtOnce = 16;
const longestOutageWait = 5_000;
const longestFaultWait = 30_000;
const lagEvery = 5_000;

/**
 * Reads a topic for ever: tenants side by side, each in order. An outage is waited for, and told; nothing is skipped. A record that is no
 * event of ours is parked.
 */
export async function readTopic<F extends Fact>(reader: TopicReader<F>): Promise<{ close(): Promise<void> }> {
  const { name, topic, bus, store, runtime, log, measure, problems, gate, gathers = false } = reader;
  const closing = new AbortController();
  const { signal } = closing;
  const letters = deadLetters(store, runtime);

  async function persist(cause: string, alive: () => boolean, attempt: () => Promise<void>): Promise<void> {
    try {
      for (let failures = 1; ; failures++) {
        if (signal.aborted || !alive() || gate.isPaused()) throw new Interrupted();
        const error = await attempt().then(
          () => undefined,
          (thrown: unknown) => thrown ?? new Error('nothing was thrown'),
        );
        if (error === undefined) return;
        measure.processed('retried');
        problems.set(cause, `waiting: ${error instanceof Error ? error.name : 'unknown fault'}`);
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
    log.error({ topic: batch.topic, partition: batch.partition, offset: record.offset, reason: error.message }, 'parked a record');
  }

  async function onBatch(batch: Batch): Promise<void> {
    problems.clear('bus');
    const tenants = new Map<string, Positioned<F>[]>();
    for (const record of batch.records) {
      try {
        const event = fromRecord<F>(topic, record);
        const events = tenants.get(event.tenant);
        if (events) events.push(event);
        else tenants.set(event.tenant, [event]);
      } catch (error) {
        await park(batch, record, error as Error);
      }
    }
    await sideBySide(tenantsAtOnce, tenants, ([tenant, events]) =>
      persist(`tenant ${tenant}`, batch.alive, () => reader.take(tenant, events)),
    );
  }

  async function watchLag(): Promise<void> {
    while (!signal.aborted) {
      try {
        measure.lag(await bus.lag(name, [topics[topic].name]), runtime.now());
        measure.parked(await letters.count(name));
      } catch (error) {
        log.warn({ err: error }, 'cannot tell the lag');
      }
      await runtime.sleep(lagEvery, signal);
    }
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
  const watching = watchLag();
  const replaying = replayForEver<F>({
    ...{ consumer: name, letters, runtime, log, signal, gate },
    take: (event) =>
      persist(
        `tenant ${event.tenant}`,
        () => true,
        () => reader.take(event.tenant, [event]),
      ),
  });

  return {
    async close() {
      closing.abort();
      await Promise.all([consumer.close(), watching, gate.close(), replaying.catch(() => undefined)]);
    },
  };
}
