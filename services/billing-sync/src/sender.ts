import type { Billing } from '@claras/ports/billing/billing';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { Metrics } from '@claras/service-kit/metrics';
import type { Problems } from '@claras/service-kit/problems';
import { isRetryable } from '@claras/service-kit/retryable';
import { seatsKey, untilDue } from './decide.ts';
import type { DirtyTenant, DirtyTenants } from './dirty-tenants.ts';

export interface SenderParts {
  tenants: DirtyTenants;
  coreApp: CoreApp;
  billing: Billing;
  runtime: Runtime;
  log: Log;
  metrics: Metrics;
  problems: Problems;
}

/** The core app's count is older than the event that asks for it: another of its processes is ahead. */
class SeatsBehind extends Error {
  override name = 'SeatsBehind';
  readonly retryable = true;
}

const callsAtOnce = 8;
const longestLook = 1000;
const longestOutageWait = 5_000;
const longestFaultWait = 60_000;

/** Bills dirty tenants side by side, one call in flight for each, each as often as it takes. */
export function seatSender({ tenants, coreApp, billing, runtime, log, metrics, problems }: SenderParts) {
  const updates = metrics.counter('claras_billing_updates_total', 'Calls of the billing system by how they ended', ['result']);
  const closing = new AbortController();
  const running = new Map<string, Promise<void>>();
  const failed = new Map<string, { failures: number; until: number }>();
  let woken = new AbortController();
  const wake = (): void => woken.abort();

  async function send({ tenant, mark }: DirtyTenant): Promise<void> {
    const seats = await coreApp.seats(tenant);
    if (seats.version < mark.sequence) throw new SeatsBehind(`counted at ${seats.version}, wanted at ${mark.sequence}`);
    const { active: quantity, version } = seats;
    await billing.setSeats(tenant, { quantity, version, key: seatsKey(tenant, seats, runtime.now()) });
    await tenants.billed(tenant, { quantity, version });
  }

  async function attend(dirty: DirtyTenant): Promise<void> {
    const { tenant } = dirty;
    try {
      await send(dirty);
      updates.inc({ result: 'set' });
      failed.delete(tenant);
      problems.clear(`billing ${tenant}`);
    } catch (error) {
      updates.inc({ result: 'failed' });
      const failures = (failed.get(tenant)?.failures ?? 0) + 1;
      const longest = isRetryable(error) ? longestOutageWait : longestFaultWait;
      failed.set(tenant, { failures, until: runtime.now() + runtime.random() * Math.min(longest, 100 * 2 ** Math.min(failures, 20)) });
      problems.set(`billing ${tenant}`, `seats wait: ${error instanceof Error ? error.name : 'unknown fault'}`);
      if (Number.isInteger(Math.log2(failures)))
        log[isRetryable(error) ? 'warn' : 'error']({ err: error, tenant, failures }, 'cannot bill seats; trying again');
    }
  }

  function start(dirty: DirtyTenant): void {
    const { tenant } = dirty;
    const attending = attend(dirty).finally(() => {
      running.delete(tenant);
      wake();
    });
    running.set(tenant, attending);
  }

  /** Starts what is due; milliseconds until something else may be. */
  async function look(): Promise<number> {
    let next = longestLook;
    for await (const page of tenants.dirty()) {
      for (const dirty of page) {
        if (running.size >= callsAtOnce || closing.signal.aborted) return longestLook;
        if (running.has(dirty.tenant)) continue;
        const now = runtime.now();
        const wait = Math.max(untilDue(dirty.mark, now), (failed.get(dirty.tenant)?.until ?? 0) - now);
        if (wait <= 0) start(dirty);
        else next = Math.min(next, wait);
      }
    }
    return next;
  }

  async function live(): Promise<void> {
    while (!closing.signal.aborted) {
      woken = new AbortController();
      const wait = await look().catch((error: unknown) => {
        log.warn({ err: error }, 'cannot look for dirty tenants; trying again');
        return longestLook;
      });
      await runtime.sleep(wait, AbortSignal.any([closing.signal, woken.signal]));
    }
  }
  const life = live();

  return {
    wake,
    async close(): Promise<void> {
      closing.abort();
      await life;
      await Promise.all(running.values());
    },
  };
}
