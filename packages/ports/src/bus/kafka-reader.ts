import type { EachBatchPayload, Kafka, Consumer as KafkaConsumer, KafkaMessage } from 'kafkajs';
import { atMost } from '../at-most.ts';
import { backoff } from '../backoff.ts';
import type { Runtime } from '../runtime.ts';
import type { Consumer, Received, Subscription } from './bus.ts';
import { type KafkaOffsets, kafkaOffsets } from './kafka-offsets.ts';

/** A reader that was killed is missed for this long: the least that a broker takes by default (group.min.session.timeout.ms). */
const sessionMs = 6000;
const heartbeatMs = 1000;
const silenceMs = 60_000;
const closeMs = 10_000;
const mostRecords = 500;
/** A fetch is about the same work for broker and reader, whether it brings one record or a hundred. */
const gatherMs = 200;

const received = (message: KafkaMessage): Received => ({
  key: message.key?.toString() ?? '',
  value: message.value?.toString() ?? null,
  headers: Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)])),
  offset: message.offset,
  time: Number(message.timestamp),
});

/**
 * Reads for a group until it is closed. kafkajs' consumer crashes on what it cannot mend, may wait for ever on a coordinator that died, and
 * may go silent; in each case it is thrown away and built anew, which finds the coordinator again. That is the one way of recovery here, so
 * kafkajs' own retries are few and its own restart is off.
 */
export function kafkaReader(kafka: Kafka, subscription: Subscription, runtime: Runtime): Consumer {
  const closing = new AbortController();
  const { signal } = closing;
  const topics = subscription.topics.map((topic) => ({ topic }));
  let paused = subscription.paused ?? false;
  let current: KafkaConsumer | undefined;

  /** Between two memberships there is nobody to tell; the next one begins with it. */
  function tell(consumer: KafkaConsumer | undefined): void {
    try {
      if (paused) consumer?.pause(topics);
      else consumer?.resume(topics);
    } catch {}
  }

  async function live(): Promise<void> {
    const consumer = kafka.consumer({
      groupId: subscription.group,
      sessionTimeout: sessionMs,
      heartbeatInterval: heartbeatMs,
      rebalanceTimeout: 30_000,
      maxWaitTimeInMs: 250,
      minBytes: 1,
      maxBytesPerPartition: 512 * 1024,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 6, restartOnFailure: async () => false },
    });
    current = consumer;
    const ended = new AbortController();
    const end = () => ended.abort();
    signal.addEventListener('abort', end);
    const failed = Promise.withResolvers<void>();
    const signs = watch(consumer, failed.reject);
    const offsets = kafkaOffsets(runtime);
    const started = start(consumer, signs, offsets, ended.signal).catch(failed.reject);
    try {
      await Promise.race([failed.promise, untilSilent(signs, ended.signal), offsets.commitForEver(ended.signal)]);
    } finally {
      signal.removeEventListener('abort', end);
      ended.abort();
      const left = started
        .then(offsets.commit)
        .catch(() => {})
        .then(() => consumer.disconnect())
        .catch(() => {});
      await atMost(closeMs, left, runtime);
    }
  }

  /** What shows that a consumer is alive, and which membership of the group it has. */
  function watch(consumer: KafkaConsumer, fail: (error: Error) => void) {
    const signs = { last: runtime.now(), generation: 0 };
    const sign = () => {
      signs.last = runtime.now();
    };
    consumer.on('consumer.fetch', sign);
    consumer.on('consumer.heartbeat', sign);
    consumer.on('consumer.group_join', () => {
      sign();
      signs.generation++;
      if (paused) tell(consumer);
      subscription.onState?.('joined');
    });
    consumer.on('consumer.rebalancing', () => subscription.onState?.('rebalancing'));
    consumer.on('consumer.crash', ({ payload }) => fail(payload.error));
    return signs;
  }
  type Signs = ReturnType<typeof watch>;

  async function untilSilent(signs: Signs, until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      await runtime.sleep(5000, until);
      if (runtime.now() - signs.last > silenceMs) throw new Error(`neither a fetch nor a heartbeat for ${silenceMs} ms`);
    }
  }

  async function start(consumer: KafkaConsumer, signs: Signs, offsets: KafkaOffsets, until: AbortSignal): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: [...subscription.topics], fromBeginning: true });
    if (until.aborted) return;
    const failures = new Map<string, number>();
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 16,
      eachBatch: (payload) => readBatch(payload, signs, offsets, failures),
    });
  }

  async function readBatch(payload: EachBatchPayload, signs: Signs, offsets: KafkaOffsets, failures: Map<string, number>): Promise<void> {
    const { batch, heartbeat, pause, isRunning, isStale } = payload;
    const { topic, partition } = batch;
    const { generation } = signs;
    const membership = { lost: false };
    const isOurs = () => !membership.lost && generation === signs.generation && !isStale();
    const alive = () => !signal.aborted && isOurs() && isRunning();

    // What was fetched before the pause, or let through by the end of a partition's own pause, comes again.
    if (paused) return tell(current);
    for (let at = 0; at < batch.messages.length && alive() && !paused; at += mostRecords) {
      const messages = batch.messages.slice(at, at + mostRecords);
      const beating = new AbortController();
      void beat(heartbeat, membership, beating.signal);
      try {
        await subscription.onBatch({ topic, partition, records: messages.map(received), alive });
      } catch (error) {
        if (!alive()) return;
        subscription.onState?.('failed', (error as Error).message);
        // A pause of one partition would end that of all.
        if (paused) return;
        const attempts = (failures.get(`${topic}/${partition}`) ?? 0) + 1;
        failures.set(`${topic}/${partition}`, attempts);
        void backoff(runtime, attempts, 2000, signal).then(pause());
        return;
      } finally {
        beating.abort();
      }
      failures.delete(`${topic}/${partition}`);
      // The partition was given away meanwhile: its new reader gets the records again. While closing it is still ours.
      if (!isOurs()) return;
      offsets.done(payload, messages.at(-1)!.offset);
      if (!alive()) await offsets.commit();
    }
    if (subscription.gathers && batch.messages.length < mostRecords) await runtime.sleep(gatherMs, signal);
  }

  /** Keeps the membership while a batch is in hand. */
  async function beat(heartbeat: () => Promise<void>, membership: { lost: boolean }, until: AbortSignal): Promise<void> {
    await runtime.sleep(heartbeatMs, until);
    while (!until.aborted && !membership.lost) {
      await heartbeat().catch(() => {
        membership.lost = true;
      });
      await runtime.sleep(heartbeatMs, until);
    }
  }

  async function liveAgainAndAgain(): Promise<void> {
    for (let failures = 1; !signal.aborted; failures++) {
      const since = runtime.now();
      try {
        await live();
      } catch (error) {
        if (signal.aborted) return;
        subscription.onState?.('failed', (error as Error).message);
        if (runtime.now() - since > silenceMs) failures = 1;
        await backoff(runtime, failures, 2000, signal);
      }
    }
  }

  const life = liveAgainAndAgain();
  function setPaused(wanted: boolean): void {
    paused = wanted;
    tell(current);
  }

  return {
    pause: () => setPaused(true),
    resume: () => setPaused(false),
    async close() {
      closing.abort();
      await life;
    },
  };
}
