import type { Seats } from '@claras/contracts/core-app';
import type { OutcomeFact } from '@claras/contracts/events';
import { type Billing, BillingRefused, BillingUnavailable } from '@claras/ports/billing/billing';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { Metrics } from '@claras/service-kit/metrics';
import type { PauseGate } from '@claras/service-kit/pause-gate';
import type { Problems } from '@claras/service-kit/problems';
import { isRetryable } from '@claras/service-kit/retryable';
import type { Bills } from './bills.ts';
import { type Bill, nextStep, type Step, settled, untilDue, withoutAttempt } from './decide.ts';
import type { DirtyTenant, DirtyTenants } from './dirty-tenants.ts';

export interface SenderParts {
  tenants: DirtyTenants;
  bills: Bills;
  coreApp: Pick<CoreApp, 'seats'>;
  billing: Billing;
  runtime: Runtime;
  log: Log;
  metrics: Metrics;
  problems: Problems;
  gate: PauseGate;
}

const causeOf = (error: unknown): string =>
  error instanceof BillingRefused ? `${error.kind}: ${error.message}` : error instanceof Error ? error.name : 'unknown fault';

/** The core app's count is older than the event that asks for it: another of its processes is ahead. */
class SeatsBehind extends Error {
  override name = 'SeatsBehind';
  readonly retryable = true;
}

const hour = 3_600_000;
const callsAtOnce = 8;
const longestLook = 1000;
const longestOutageWait = 5_000;
const longestFaultWait = 60_000;

/** Bills dirty tenants side by side, one call in flight for each, each as often as it takes. */
export function seatSender({ tenants, bills, coreApp, billing, runtime, log, metrics, problems, gate }: SenderParts) {
  const holder = runtime.id();
  /** Longer where each try may be another attempt: on average those of an hour stay within its budget. */
  const outageWait = Math.max(longestOutageWait, (2 * hour) / billing.rules.updatesPerHour);
  /** What of each tenant was refused, and how, as told last. */
  const told = new Map<string, string>();
  /** Tenants whose swing waits, as this process last saw them. */
  const held = new Set<string>();
  const heldChanges = metrics.gauge('claras_billing_held_changes', 'Tenants whose swing of seats waits for an approval');
  heldChanges.set(0);
  const updates = metrics.counter('claras_billing_updates_total', 'Calls of the billing system by how they ended', ['result']);
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

  /** Milliseconds until it may be tried again; 0: the tenant is done. */
  async function send({ tenant, mark }: DirtyTenant): Promise<number> {
    const { rules } = billing;
    const lease = rules.exclusive ? await bills.lease(tenant, holder) : undefined;
    if (rules.exclusive && lease === undefined) {
      holds(tenant, undefined); // another process has the tenant, and says so
      return longestOutageWait;
    }
    const seats = await coreApp.seats(tenant);
    if (seats.version < mark.sequence) throw new SeatsBehind(`counted at ${seats.version}, wanted at ${mark.sequence}`);
    const { bill, version: read } = await known(tenant, seats);
    const step = nextStep(tenant, bill, seats, rules, runtime.now());
    if (step.kind === 'wait') return step.ms;
    if (step.kind === 'hold') return hold(tenant, step, seats);
    if (step.kind === 'send') {
      const { attempt } = step;
      await bills.begin(tenant, read, step.bill, lease);
      const billed = await billing.setSeats(tenant, attempt).catch((error) => refused(tenant, seats, error, attempt.key));
      const before = bill.billed?.quantity ?? null;
      await bills.change(tenant, (now) => settled(now, attempt, billed), {
        type: 'seats.billed',
        data: { ...billed, before, key: attempt.key },
      });
      updates.inc({ result: 'set' });
    }
    told.delete(tenant);
    if (step.kind === 'nothing' && bill.held) {
      const { quantity, version } = bill.billed!;
      const told = { type: 'seats.billed', data: { quantity, version, before: quantity, key: 'they came back' } } as const;
      await bills.change(tenant, ({ held: _, approved: __, ...now }) => now, told);
    }
    await tenants.billed(tenant, seats.version);
    holds(tenant, undefined);
    if (rules.exclusive) await bills.release(tenant, holder);
    return 0;
  }

  /** Says on /health and in the metrics that a tenant's seats are held here; undefined: they are not. */
  function holds(tenant: string, detail: string | undefined): void {
    if (detail === undefined) {
      held.delete(tenant);
      problems.clear(`held ${tenant}`);
    } else {
      held.add(tenant);
      problems.set(`held ${tenant}`, detail);
    }
    heldChanges.set(held.size);
  }

  /** The tenant stays marked: an approval, or people who come back, settle it. Access is revoked all the same. */
  async function hold(
    tenant: string,
    { bill, isNew }: Extract<Step, { kind: 'hold' }>,
    { active: quantity, version }: Seats,
  ): Promise<number> {
    const before = bill.billed?.quantity ?? 0;
    holds(tenant, `a swing from ${before} to ${quantity} seats waits: claras-scim seats approve`);
    if (isNew) {
      await bills.change(tenant, (now) => ({ ...now, billed: now.billed ?? bill.billed!, held: bill.held! }), {
        type: 'seats.held',
        data: { quantity, version, before },
      });
      log.warn({ tenant, before, quantity }, 'seats are held until somebody approves');
    }
    return longestOutageWait;
  }

  /** A subscription that somebody else has filled is no reason to pass over a swing: what is billed is asked for before the first bill. */
  async function known(tenant: string, seats: Seats): Promise<{ bill: Bill; version: number }> {
    const now = await bills.read(tenant);
    if (now.bill.billed || !billing.rules.holdsSwings) return now;
    const billed = await billing.billed(tenant).catch((error) => refused(tenant, seats, error));
    return billed ? { ...now, bill: { ...now.bill, billed } } : now;
  }

  /** What the billing system will not take is told once, and thrown. */
  async function refused(tenant: string, { active: quantity, version }: Seats, error: unknown, key = ''): Promise<never> {
    const isRefused = error instanceof BillingRefused;
    const isFinal = isRefused || (error instanceof BillingUnavailable && error.isFinal);
    const what = `${causeOf(error)} ${version} ${quantity}`;
    const facts: OutcomeFact[] =
      isRefused && told.get(tenant) !== what
        ? [{ type: 'seats.refused', data: { quantity, version, kind: error.kind, reason: error.message } }]
        : [];
    if (isFinal) await bills.change(tenant, (bill) => withoutAttempt(bill, key), ...facts);
    if (isRefused) told.set(tenant, what);
    throw error;
  }

  async function attend(dirty: DirtyTenant): Promise<void> {
    const { tenant } = dirty;
    try {
      const wait = await send(dirty);
      if (wait > 0) failed.set(tenant, { failures: 0, until: runtime.now() + wait });
      else failed.delete(tenant);
      problems.clear(`billing ${tenant}`);
    } catch (error) {
      updates.inc({ result: 'failed' });
      const failures = (failed.get(tenant)?.failures ?? 0) + 1;
      const longest = isRetryable(error) ? outageWait : longestFaultWait;
      failed.set(tenant, { failures, until: runtime.now() + runtime.random() * Math.min(longest, 100 * 2 ** Math.min(failures, 20)) });
      problems.set(`billing ${tenant}`, `seats wait: ${causeOf(error)}`);
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
    for (const cause of ['billing', 'held']) problems.clear(`${cause} ${tenant}`);
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
