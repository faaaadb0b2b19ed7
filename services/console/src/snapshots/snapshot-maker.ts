import { type RequestFact, requestEvents } from '@claras/contracts/events';
import { erasures } from '@claras/directory/erasures';
import { snapshots } from '@claras/directory/snapshots';
import { tenants } from '@claras/directory/tenants';
import type { ConsumerParts } from '@claras/service-kit/consumer';
import { consumerMetrics } from '@claras/service-kit/consumer-metrics';
import { pauseGate } from '@claras/service-kit/pause-gate';
import { createProblems } from '@claras/service-kit/problems';
import { readTopic } from '@claras/service-kit/topic-reader';
import { Value } from 'typebox/value';
import { makeInTurns } from './make-in-turns.ts';
import { watchEpochs } from './watch-epochs.ts';

const name = 'snapshots';
const lookEvery = 1000;

/**
 * Makes the snapshots that are wanted of tenants' directories: by a reader that stands still (`snapshot.requested`), by the operator, and of
 * everyone after a new epoch (DECISIONS 1, 6).
 */
export async function snapshotMaker(parts: ConsumerParts): Promise<{ close(): Promise<void> }> {
  const { runtime, log, metrics, health } = parts;
  const problems = createProblems(health, name);
  const measure = consumerMetrics(metrics, name, 'request');
  const gate = pauseGate({ ...parts, name, measure, problems });
  const wanted = snapshots(parts);
  const known = tenants(parts);
  const waiting = metrics.gauge('claras_snapshots_wanted', 'Tenants of which a snapshot is wanted and not finished');
  const closing = new AbortController();
  const { signal } = closing;

  /** From outside, too: whoever may write to the topic. What asks for nobody's snapshot is passed over. */
  async function obey(tenant: string, { type, data }: RequestFact): Promise<void> {
    if (type !== 'snapshot.requested') return;
    if (!Value.Check(requestEvents[type], data) || !(await known.get(tenant)))
      return log.warn({}, 'passed over a request for a snapshot that asks for no tenant’s');
    const { consumer, applied, reason } = data;
    await wanted.want(tenant, { by: `consumer:${consumer}`, reason: `${consumer}: ${reason}`, rebuild: false, applied });
  }

  const reader = await readTopic<RequestFact>({
    ...parts,
    name,
    topic: 'request',
    standsAlone: true,
    measure,
    problems,
    gate,
    async take(tenant, asked) {
      for (const event of asked) await obey(tenant, event);
    },
  });

  const turns = makeInTurns({ wanted, log, problems, gate, signal });

  async function look(): Promise<void> {
    const found = await wanted.wanted();
    waiting.set({}, found.length);
    turns.make(found);
  }

  async function live(): Promise<void> {
    while (!signal.aborted) {
      await look().then(
        () => problems.clear('looking'),
        (error: unknown) => {
          problems.set('looking', 'snapshots wait: the store does not answer');
          log.warn({ err: error }, 'cannot tell which snapshots are wanted; trying again');
        },
      );
      await runtime.sleep(lookEvery, signal);
    }
    await turns.ended();
  }
  const lives = [live(), watchEpochs({ ...parts, wanted, tenants: known, erased: erasures(parts), signal })];

  return {
    async close() {
      closing.abort();
      await Promise.all([reader.close(), ...lives]);
    },
  };
}
