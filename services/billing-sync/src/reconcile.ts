import { sideBySide } from '@claras/service-kit/side-by-side';
import type { SenderParts } from './sender.ts';

const soon = 60_000;
const interval = 3_600_000;
const readsAtOnce = 4;

/**
 * Compares what is billed with the seats of every tenant that was ever heard of, a minute after the start and then hourly; marks those that
 * differ. Events cannot make billing wrong; a hand in the billing system can.
 */
export function reconcile(parts: Omit<SenderParts, 'problems'> & { wake(): void }): { close(): Promise<void> } {
  const { tenants, bills, coreApp, billing, runtime, log, metrics, gate, wake } = parts;
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
    for (let wait = soon; ; wait = interval) {
      await runtime.sleep(wait, closing.signal);
      if (closing.signal.aborted) return;
      try {
        for await (const page of tenants.known()) await sideBySide(readsAtOnce, page, compare);
      } catch (error) {
        log.warn({ err: error }, 'could not compare all seats; next time');
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
