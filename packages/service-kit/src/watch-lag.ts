import { type TopicName, topics } from '@claras/contracts/topics';
import type { Bus } from '@claras/ports/bus/bus';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Problems } from './problems.ts';

interface Parts {
  /** The consumer group. */
  name: string;
  topic: TopicName;
  bus: Bus;
  letters: DeadLetters;
  runtime: Runtime;
  log: Log;
  measure: ConsumerMetrics;
  problems: Problems;
  signal: AbortSignal;
}

const lookEvery = 5_000;

/** Tells again and again how much waits for a reader, and whether anything waits for the operator. */
export async function watchLag({ name, topic, bus, letters, runtime, log, measure, problems, signal }: Parts): Promise<void> {
  while (!signal.aborted) {
    try {
      measure.lag(await bus.lag(name, [topics[topic].name]), runtime.now());
      const parked = await letters.count(name);
      measure.parked(parked);
      if (parked > 0) problems.needSomebody('parked', 'records are parked: claras-scim dead-letters list');
      else problems.clear('parked');
    } catch (error) {
      log.warn({ err: error }, 'cannot tell the lag');
    }
    await runtime.sleep(lookEvery, signal);
  }
}
