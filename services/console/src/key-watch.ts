import type { ApiKey, Keys } from '@claras/directory/keys';
import { tenants } from '@claras/directory/tenants';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { Store } from '@claras/ports/store/store';
import { alarms } from '@claras/service-kit/alarms';
import { alarmsGauge } from '@claras/service-kit/consumer-metrics';
import type { Metrics } from '@claras/service-kit/metrics';

const name = 'key-watch';
const kind = 'key-expiring';
const hour = 3_600_000;
const day = 24 * hour;
const lookEvery = hour;
const againAfter = 60_000;

/** Days before a key ends at which it is said anew. */
const ahead = [1, 7, 30];

/** Within how many days one ends of the keys that were used in the last day. Times in milliseconds since 1970. */
export function endsWithin(all: readonly ApiKey[], now: number): number | undefined {
  const ends = all.flatMap(({ expires, revoked, lastUsed }) =>
    expires && !revoked && lastUsed && now - Date.parse(lastUsed) < day ? [Date.parse(expires) - now] : [],
  );
  const nearest = Math.min(...ends.filter((left) => left > 0));
  return ahead.find((days) => nearest <= days * day);
}

const detailOf = (days: number): string =>
  `an API key that is in use ends within ${days === 1 ? 'a day' : `${days} days`}: rotate it, and give the new one to whoever uses it`;

interface Parts {
  store: Store;
  runtime: Runtime;
  log: Log;
  metrics: Metrics;
  keys: Pick<Keys, 'list'>;
}

/**
 * Says in time that a key which is in use will end: the next request after that is refused, and Entra quarantines its application for it. An
 * alarm of the tenant, until the key is not used any more.
 */
export function keyWatch({ log, metrics, keys, ...durable }: Parts): { close(): Promise<void> } {
  const { runtime } = durable;
  const known = tenants(durable);
  const raised = alarms({ ...durable, log });
  const gauge = alarmsGauge(metrics);
  const closing = new AbortController();
  const { signal } = closing;

  async function look(): Promise<void> {
    const before = new Set((await raised.list(name)).map(({ tenant }) => tenant));
    let count = 0;
    for (const { id: tenant } of await known.list()) {
      const days = endsWithin(await keys.list(tenant), runtime.now());
      if (days !== undefined) {
        await raised.raise({ consumer: name, tenant, kind }, detailOf(days));
        count++;
      } else if (before.has(tenant)) await raised.end({ consumer: name, tenant, kind });
      if (signal.aborted) return;
    }
    gauge.set({ consumer_group: name, kind }, count);
  }

  async function live(): Promise<void> {
    while (!signal.aborted) {
      const looked = await look().then(
        () => true,
        (error: unknown) => {
          log.warn({ err: error }, 'cannot tell which keys end soon; trying again');
          return false;
        },
      );
      await runtime.sleep(looked ? lookEvery : againAfter, signal);
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
