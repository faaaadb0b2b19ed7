import type { PauseGate } from '@claras/service-kit/pause-gate';
import { isRetryable } from '@claras/service-kit/retryable';
import { untilDue } from './decide.ts';
import type { DirtyTenant } from './dirty-tenants.ts';
import { type BillingParts, causeOf, tenantBilling } from './tenant-billing.ts';

export interface SenderParts extends BillingParts {
  gate: PauseGate;
}

const hour = 3_600_000;
const callsAtOnce = 8;
const longestLook = 1000;
const longestOutageWait = 5_000;
const longestFaultWait = 60_000;

/** Bills dirty tenants side by side, one call in flight for each, each as often as it takes. */
export function seatSender(parts: SenderParts) {
  const { tenants, billing, runtime, log, problems, gate } = parts;
  const { send, holds, failed: countFailure } = tenantBilling(parts);
  /** Longer where each try may be another attempt: on average those of an hour stay within its budget. */
  const outageWait = Math.max(longestOutageWait, (2 * hour) / billing.rules.updatesPerHour);
  const closing = new AbortController();
  const running = new Map<string, Promise<void>>();
  const failed = new Map<string, { failures: number; until: number }>();
  let woken = new AbortController();
  const wake = (): void => woken.abort();
  /** Looks at a tenant that waits, now. */
  function hurry(tenant: string): void {
    failed.delete(tenant);
    wake();
  }

  async function attend(dirty: DirtyTenant): Promise<void> {
    const { tenant } = dirty;
    try {
      const wait = await send(dirty);
      if (wait > 0) failed.set(tenant, { failures: 0, until: runtime.now() + wait });
      else failed.delete(tenant);
      problems.clear(`billing ${tenant}`);
    } catch (error) {
      countFailure();
      const failures = (failed.get(tenant)?.failures ?? 0) + 1;
      const longest = isRetryable(error) ? outageWait : longestFaultWait;
      failed.set(tenant, { failures, until: runtime.now() + runtime.random() * Math.min(longest, 100 * 2 ** Math.min(failures, 20)) });
      problems[isRetryable(error) ? 'set' : 'needSomebody'](`billing ${tenant}`, `seats wait: ${causeOf(error)}`);
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

  /** Another process has billed it: what stood in the way here does not any more. */
  function forget(tenant: string): void {
    failed.delete(tenant);
    problems.clear(`billing ${tenant}`);
    holds(tenant, undefined);
  }

  /** Starts what is due; milliseconds until something else may be. */
  async function look(): Promise<number> {
    let next = longestLook;
    if (gate.isPaused()) return next;
    const gone = new Set(failed.keys());
    for await (const page of tenants.dirty()) {
      for (const dirty of page) {
        gone.delete(dirty.tenant);
        if (running.size >= callsAtOnce || closing.signal.aborted) return longestLook;
        if (running.has(dirty.tenant)) continue;
        const now = runtime.now();
        const wait = Math.max(untilDue(dirty.mark, billing.rules, now), (failed.get(dirty.tenant)?.until ?? 0) - now);
        if (wait <= 0) start(dirty);
        else next = Math.min(next, wait);
      }
    }
    for (const tenant of gone) if (!running.has(tenant)) forget(tenant);
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
  gate.follow(wake);

  return {
    wake,
    hurry,
    async close(): Promise<void> {
      closing.abort();
      await life;
      await Promise.all(running.values());
    },
  };
}
