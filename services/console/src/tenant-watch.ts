import { tenants } from '@claras/directory/tenants';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { Store } from '@claras/ports/store/store';
import { type AlarmKind, alarms } from '@claras/service-kit/alarms';
import { alarmsGauge } from '@claras/service-kit/consumer-metrics';
import type { Metrics } from '@claras/service-kit/metrics';

export interface WatchParts {
  store: Store;
  runtime: Runtime;
  log: Log;
  metrics: Metrics;
}

export interface Watch {
  /** The `consumer` of its alarms. */
  name: string;
  kind: AlarmKind;
  /** Milliseconds from one look to the next. */
  every: number;
  /** What somebody must know of the tenant now, in words that name nobody; undefined: nothing. */
  find(tenant: string): Promise<string | undefined>;
}

const againAfter = 60_000;

/** Looks at every tenant again and again. What is found is an alarm, which ends with the first look that finds nothing. */
export function tenantWatch({ metrics, ...durable }: WatchParts, { name, kind, every, find }: Watch): { close(): Promise<void> } {
  const { runtime, log } = durable;
  const known = tenants(durable);
  const raised = alarms(durable);
  const gauge = alarmsGauge(metrics);
  const closing = new AbortController();
  const { signal } = closing;

  async function look(): Promise<void> {
    const over = new Set((await raised.list(name)).map(({ tenant }) => tenant));
    let count = 0;
    for (const { id: tenant } of await known.list()) {
      const detail = await find(tenant);
      if (signal.aborted) return;
      if (detail === undefined) continue;
      await raised.raise({ consumer: name, tenant, kind }, detail);
      over.delete(tenant);
      count++;
    }
    for (const tenant of over) await raised.end({ consumer: name, tenant, kind });
    gauge.set({ consumer_group: name, kind }, count);
  }

  async function live(): Promise<void> {
    while (!signal.aborted) {
      const looked = await look().then(
        () => true,
        (error: unknown) => {
          log.warn({ err: error, watch: name }, 'cannot look at every tenant; trying again');
          return false;
        },
      );
      await runtime.sleep(looked ? every : againAfter, signal);
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
