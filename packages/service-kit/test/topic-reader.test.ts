import { toRecord } from '@claras/contracts/cloud-event';
import type { OutcomeFact } from '@claras/contracts/events';
import { topics } from '@claras/contracts/topics';
import { memoryBus } from '@claras/ports/bus/memory-bus';
import { memoryStore } from '@claras/ports/store/memory-store';
import { StoreUnavailable } from '@claras/ports/store/store';
import t from 'tap';
import { virtualRuntime } from '../../ports/test/virtual-runtime.ts';
import { consumerMetrics } from '../src/consumer-metrics.ts';
import { deadLetters, type LetterState } from '../src/dead-letters.ts';
import { createHealth } from '../src/health.ts';
import { createMetrics } from '../src/metrics.ts';
import { pauseGate } from '../src/pause-gate.ts';
import { createProblems } from '../src/problems.ts';
import { readTopic } from '../src/topic-reader.ts';

const { name: topic } = topics.outcome;
const name = 'reader';
const log = { info() {}, warn() {}, error() {} };

const record = (tenant: string, through: number) =>
  toRecord('outcome', 'archiver', tenant, through, {
    ...{ type: 'events.settled', subject: 'Consumers/archiver', time: new Date(0).toISOString() },
    data: { consumer: 'archiver', through, results: [] },
  });

/** A reader of facts of which each stands by itself, on one partition. `fails`: what it throws of an event, if anything. */
async function stage(fails: (event: string) => Error | undefined) {
  const runtime = virtualRuntime(1);
  const bus = memoryBus({ runtime });
  await bus.prepare([{ name: topic, partitions: 1 }]);
  const store = memoryStore({ cells: 1, topicOf: {}, runtime });
  const [health, metrics] = [createHealth(), createMetrics('test')];
  const problems = createProblems(health, name);
  const measure = consumerMetrics(metrics, name, 'outcome');
  const done: string[] = [];
  const parts = { name, bus, store, runtime, log, measure, problems };
  const reader = await readTopic<OutcomeFact>({
    ...parts,
    topic: 'outcome',
    standsAlone: true,
    gate: pauseGate(parts),
    async take(tenant, events) {
      for (const { sequence } of events) {
        const event = `${tenant} ${sequence}`;
        const error = fails(event);
        if (error) throw error;
        // As every reader here must: told again, nothing changes.
        if (!done.includes(event)) done.push(event);
      }
    },
  });
  const letters = deadLetters(store, runtime);
  /** Lets time pass until what is true of the state is. */
  async function until(isSo: () => Promise<boolean>): Promise<void> {
    let reached = false;
    const look = async () => {
      reached ||= await isSo();
    };
    await runtime.runUntil(() => {
      void look();
      return reached;
    });
  }
  const listed = async (state: LetterState) => (await letters.list({ state, consumer: name, limit: 100 })).letters;
  async function stop(): Promise<void> {
    let closed = false;
    const closing = reader.close().then(() => {
      closed = true;
    });
    await runtime.runUntil(() => closed);
    await closing;
  }
  return { runtime, bus, health, metrics, done, letters, listed, until, stop };
}

t.test(
  'of facts that stand by themselves the one at fault is parked: nobody waits for it, and its tenant’s others keep their order',
  async (t) => {
    let isMended = false;
    const poison = ['acme 2', 'acme 4'];
    const stood = await stage((event) => (poison.includes(event) && !isMended ? new TypeError(`cannot read ${event}`) : undefined));
    const { bus, health, metrics, done, letters, listed, until, stop } = stood;
    await bus.publish(
      topic,
      [1, 2, 3, 4, 5].map((n) => record('acme', n)),
    );
    await bus.publish(
      topic,
      [1, 2].map((n) => record('beta', n)),
    );
    await until(async () => done.length === 5 && (await listed('parked')).length === 2);
    t.strictSame(
      done.filter((event) => event.startsWith('acme')),
      ['acme 1', 'acme 3', 'acme 5'],
    );
    t.match(await listed('parked'), [
      { record: record('acme', 2), reason: 'cannot read acme 2', attempts: 1 },
      { record: record('acme', 4), reason: 'cannot read acme 4', attempts: 1 },
    ]);
    await until(async () => health.report().needsSomebody && /claras_dlq_depth\{.*\} 2/.test(await metrics.text()));
    t.strictSame(health.report().checks.reader, {
      ok: true,
      needsSomebody: true,
      detail: 'records are parked: claras-scim dead-letters list',
    });
    t.match(await metrics.text(), /claras_consumer_processed_total\{consumer_group="reader",result="parked",service="test"\} 2/);

    const [first, second] = await listed('parked');
    for (const { id } of [first!, second!]) await letters.decide(id, 'replaying', 'operator');
    await until(async () => (await listed('parked')).every(({ attempts }) => attempts === 2) && (await listed('parked')).length === 2);
    isMended = true;
    await letters.decide(second!.id, 'replaying', 'operator');
    await until(async () => done.includes('acme 4') && (await listed('replayed')).length === 1);
    await letters.decide(first!.id, 'dropped', 'operator');
    await until(async () => !health.report().needsSomebody);
    await stop();
  },
);

t.test('an outage is nobody’s fault: it is waited for, and nothing is parked', async (t) => {
  let isAway = true;
  const { runtime, bus, health, done, listed, until, stop } = await stage(() => (isAway ? new StoreUnavailable('away') : undefined));
  await bus.publish(topic, [record('acme', 1), record('beta', 1)]);
  await until(async () => !health.report().ok);
  const since = runtime.now();
  await runtime.runUntil(() => runtime.now() > since + 60_000);
  t.strictSame(health.report().checks.reader, { ok: false, detail: 'waiting: StoreUnavailable' });
  isAway = false;
  await until(async () => done.length === 2);
  t.strictSame(await listed('parked'), []);
  await stop();
});
