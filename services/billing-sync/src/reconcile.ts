import type { Store } from '@claras/ports/store/store';
import { sideBySide } from '@claras/service-kit/side-by-side';
import type { SenderParts } from './sender.ts';

const soon = 60_000;
const interval = 3_600_000;
const lookEvery = 10_000;
const readsAtOnce = 4;

/**
 * Compares what is billed with the seats of every tenant that was ever heard of, a minute after the start and then hourly, and at a new epoch
 * (the core app may have been taken back to what it was before the last bill); marks those that differ. Events cannot make billing wrong; a
 * hand in the billing system can.
 */
export function reconcile(parts: Omit<SenderParts, 'problems'> & { store: Store; wake(): void }): { close(): Promise<void> } {
  const { tenants, bills, coreApp, billing, store, runtime, log, metrics, gate, wake } = parts;
  const drift = metrics.gauge('claras_billing_seat_drift', 'Billed seats minus active profiles, as last compared', ['tenant']);
  const closing = new AbortController();

  async function compare(tenant: string): Promise<void> {
    if (gate.isPaused()) return;
    const seats = await coreApp.seats(tenant);
    const billed = await billing.billed(tenant);
    const difference = (billed?.quantity ?? 0) - seats.active;
    if (difference === 0) return drift.remove({ tenant });
    drift.set({ tenant }, difference);
    // What we took for billed is not: the next look must see what is. An attempt stays: its call may still be under way, and land later.
    await bills.change(tenant, ({ billed: _, ...bill }) => ({ ...bill, ...(billed ? { billed } : {}) }));
    await tenants.mark(tenant, seats.version);
    wake();
  }

  async function live(): Promise<void> {
    let due = runtime.now() + soon;
    let epoch: number | undefined;
    for (;;) {
      await runtime.sleep(lookEvery, closing.signal);
      if (closing.signal.aborted) return;
      if (gate.isPaused()) continue;
      try {
        const latest = Math.max(...(await store.epochs()));
        const isNew = epoch !== undefined && latest > epoch;
        if (isNew || runtime.now() >= due) {
          for await (const page of tenants.known()) await sideBySide(readsAtOnce, page, compare);
          due = runtime.now() + interval;
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
