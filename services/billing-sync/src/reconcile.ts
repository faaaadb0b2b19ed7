import type { BilledSeats } from '@claras/ports/billing/billing';
import type { Store } from '@claras/ports/store/store';
import { sideBySide } from '@claras/service-kit/side-by-side';
import type { SenderParts } from './sender.ts';

const lookEvery = 10_000;
/** In looks, which no clock that is set can stretch. */
const minute = 6;
const hour = 360;
const readsAtOnce = 4;

const isSame = (a: BilledSeats | undefined, b: BilledSeats | undefined): boolean =>
  a?.quantity === b?.quantity && a?.version === b?.version;

/**
 * Compares what is billed with the seats of every tenant that was ever heard of, a minute after the start and then hourly, and at a new epoch
 * (the core app may have been taken back to what it was before the last bill); marks those that differ, and looks at them again each minute
 * until they do not. Events cannot make billing wrong; a hand in the billing system can.
 */
export function reconcile(parts: Omit<SenderParts, 'problems'> & { store: Store; wake(): void }): { close(): Promise<void> } {
  const { tenants, bills, coreApp, billing, store, runtime, log, metrics, gate, wake } = parts;
  const drift = metrics.gauge('claras_billing_seat_drift', 'Billed seats minus active profiles, as last compared', ['tenant']);
  const closing = new AbortController();
  /** They differ, or could not be compared. */
  const open = new Set<string>();

  async function compare(tenant: string): Promise<void> {
    if (gate.isPaused()) return;
    const { bill: before } = await bills.read(tenant);
    const seats = await coreApp.seats(tenant);
    const billed = await billing.billed(tenant);
    const difference = (billed?.quantity ?? 0) - seats.active;
    if (difference === 0) {
      open.delete(tenant);
      return drift.remove({ tenant });
    }
    open.add(tenant);
    drift.set({ tenant }, difference);
    // What we took for billed is not: the next look must see what is. While an attempt is open, or was settled just now, that look is due anyway.
    await bills.change(tenant, ({ billed: taken, ...bill }) =>
      bill.attempt || isSame(taken, billed) || !isSame(taken, before.billed) ? undefined : { ...bill, ...(billed ? { billed } : {}) },
    );
    await tenants.mark(tenant, seats.version);
    wake();
  }

  /** One that cannot be compared keeps no other from it. */
  async function compareAll(some: Iterable<string>): Promise<void> {
    const failed: unknown[] = [];
    await sideBySide(readsAtOnce, some, (tenant) =>
      compare(tenant).catch((error: unknown) => {
        open.add(tenant);
        failed.push(error);
      }),
    );
    if (failed.length > 0) log.warn({ err: failed[0], tenants: failed.length }, 'could not compare the seats of some; trying again');
  }

  async function live(): Promise<void> {
    let [untilAll, untilOpen] = [minute, minute];
    let epoch: number | undefined;
    for (;;) {
      await runtime.sleep(lookEvery, closing.signal);
      if (closing.signal.aborted) return;
      untilAll--;
      untilOpen--;
      if (gate.isPaused()) continue;
      try {
        const latest = Math.max(...(await store.epochs()));
        const isNew = epoch !== undefined && latest > epoch;
        if (isNew || untilAll <= 0) {
          for await (const page of tenants.known()) await compareAll(page);
          [untilAll, untilOpen] = [hour, minute];
        } else if (untilOpen <= 0) {
          await compareAll(open);
          untilOpen = minute;
        }
        epoch = latest;
      } catch (error) {
        log.warn({ err: error }, 'could not compare all seats; trying again');
      }
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
