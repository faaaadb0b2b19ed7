import type { Seats } from '@claras/contracts/core-app';
import type { OutcomeFact } from '@claras/contracts/events';
import { type Billing, BillingRefused, BillingUnavailable } from '@claras/ports/billing/billing';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { Metrics } from '@claras/service-kit/metrics';
import type { Problems } from '@claras/service-kit/problems';
import type { Bills } from './bills.ts';
import { asErased, type Bill, ledgerLines, nextStep, type Step, settled, withoutAttempt } from './decide.ts';
import type { DirtyTenant, DirtyTenants } from './dirty-tenants.ts';

export interface BillingParts {
  tenants: DirtyTenants;
  bills: Bills;
  coreApp: Pick<CoreApp, 'seats'>;
  billing: Billing;
  runtime: Runtime;
  log: Log;
  metrics: Metrics;
  problems: Problems;
}

/** Milliseconds until who waits for an approval, or for another process, is looked at again. */
const standing = 5_000;

export const causeOf = (error: unknown): string =>
  error instanceof BillingRefused ? `${error.kind}: ${error.message}` : error instanceof Error ? error.name : 'unknown fault';

/** Whoever was erased and has none owes nothing. */
const hasNoSubscription = (error: unknown): boolean => error instanceof BillingRefused && error.kind === 'unlinked';

/** The core app's count is older than the event that asks for it: another of its processes is ahead. */
class SeatsBehind extends Error {
  override name = 'SeatsBehind';
  readonly retryable = true;
}

/**
 * Counts a tenant's seats and sees to it that they are billed. `send` says the milliseconds until it may be tried again, 0 where the tenant is
 * done; `holds` without a detail says that this process holds nothing of a tenant any more.
 */
export function tenantBilling({ tenants, bills, coreApp, billing, runtime, log, metrics, problems }: BillingParts) {
  const holder = runtime.id();
  /** What of each tenant was refused, and how, as told last. */
  const told = new Map<string, string>();
  /** Tenants whose swing waits, as this process last saw them. */
  const held = new Set<string>();
  const heldChanges = metrics.gauge('claras_billing_held_changes', 'Tenants whose swing of seats waits for an approval');
  heldChanges.set(0);
  const updates = metrics.counter('claras_billing_updates_total', 'Calls of the billing system by how they ended', ['result']);

  async function send(dirty: DirtyTenant): Promise<number> {
    const { tenant, mark } = dirty;
    if (!mark.erased) return settle(dirty);
    if (!(await bills.read(tenant)).bill.erased) {
      const wait = await settle(dirty).catch((error) => {
        if (!hasNoSubscription(error)) throw error;
        return 0;
      });
      if (wait > 0) return wait;
      await bills.end(tenant);
    }
    await tenants.forget(tenant);
    holds(tenant, undefined);
    told.delete(tenant);
    return 0;
  }

  async function settle({ tenant, mark }: DirtyTenant): Promise<number> {
    const { rules } = billing;
    const lease = rules.exclusive ? await bills.lease(tenant, holder) : undefined;
    if (rules.exclusive && lease === undefined) {
      holds(tenant, undefined); // another process has the tenant, and says so
      return standing;
    }
    const seats = await coreApp.seats(tenant);
    if (seats.version < mark.sequence) throw new SeatsBehind(`counted at ${seats.version}, wanted at ${mark.sequence}`);
    const { bill: last, version: read } = await known(tenant, seats);
    const bill = mark.erased ? asErased(last) : last;
    const step = nextStep(tenant, bill, seats, rules, runtime.now());
    if (step.kind === 'wait') return step.ms;
    if (step.kind === 'hold') return hold(tenant, step, seats);
    if (step.kind === 'send') {
      const { attempt } = step;
      await bills.begin(tenant, read, step.bill, lease);
      const billed = await billing.setSeats(tenant, attempt).catch((error) => refused(tenant, seats, error, attempt.key));
      await bills.change(
        tenant,
        (now) => settled(now, attempt, billed),
        (before, after) => ledgerLines({ ...bill, ...before }, after, attempt.key),
      );
      updates.inc({ result: 'set' });
    }
    told.delete(tenant);
    if (step.kind === 'nothing' && bill.held) {
      await bills.change(
        tenant,
        ({ held: _, approved: __, ...now }) => now,
        (before, after) => ledgerLines(before, after, 'they came back'),
      );
    }
    // The mark of an erased tenant goes last: with its bill.
    if (!mark.erased) await tenants.billed(tenant, seats.version);
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
      problems.needSomebody(`held ${tenant}`, detail);
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
      await bills.change(
        tenant,
        (now) => ({ ...now, billed: now.billed ?? bill.billed!, held: bill.held! }),
        () => [{ type: 'seats.held', data: { quantity, version, before } }],
      );
      log.warn({ tenant, before, quantity }, 'seats are held until somebody approves');
    }
    return standing;
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
    if (isFinal)
      await bills.change(
        tenant,
        (bill) => withoutAttempt(bill, key),
        () => facts,
      );
    if (isRefused) told.set(tenant, what);
    throw error;
  }

  return { send, holds, failed: () => updates.inc({ result: 'failed' }) };
}
