import { type Alarm, alarmKinds } from '@claras/contracts/console-api';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import { type Alarms, idOf } from './alarms.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { Problems } from './problems.ts';

interface Parts {
  /** The consumer group. */
  name: string;
  alarms: Alarms;
  runtime: Runtime;
  log: Log;
  measure: ConsumerMetrics;
  problems: Problems;
}

const lookEvery = 5_000;

/** Says a consumer's alarms on /health and in the metrics of each of its processes, whichever raised them. */
export function watchAlarms({ name, alarms, runtime, log, measure, problems }: Parts): { close(): Promise<void> } {
  const closing = new AbortController();
  let said: readonly Alarm[] = [];

  async function look(): Promise<void> {
    const found = await alarms.list(name);
    for (const kind of alarmKinds) measure.alarms(kind, found.filter((alarm) => alarm.kind === kind).length);
    for (const alarm of said) problems.clear(`alarm ${idOf(alarm)}`);
    // A team without an owner is the tenant's affair: nothing of ours waits.
    for (const alarm of found) if (alarm.kind !== 'no-owner') problems.needSomebody(`alarm ${idOf(alarm)}`, alarm.detail);
    said = found;
  }

  async function live(): Promise<void> {
    while (!closing.signal.aborted) {
      await look().catch((error: unknown) => log.warn({ err: error }, 'cannot tell the alarms; trying again'));
      await runtime.sleep(lookEvery, closing.signal);
    }
  }
  const life = live();

  return {
    async close() {
      closing.abort();
      await life;
    },
  };
}
