import type { OutcomeFact } from '@claras/contracts/events';
import type { Runtime } from '@claras/ports/runtime';
import type { Scope, Store } from '@claras/ports/store/store';
import { editDocument } from '@claras/service-kit/edit-document';
import { outcomeEvent } from '@claras/service-kit/outcomes';
import type { Bill } from './decide.ts';

const billKey = 'bill';
const leaseKey = 'lease';
const scopeOf = (tenant: string): Scope => `billing-sync/${tenant}`;

/** Longer than Stripe's library goes on for one update (three times 10 s, twice): who was silent so long has no call in flight any more. */
const leaseMs = 120_000;

interface Lease {
  holder: string;
  until: number;
}

/** Someone else changed the bill, or holds the lease: what was read is old. Counting again settles it. */
export class BillMoved extends Error {
  override name = 'BillMoved';
  readonly retryable = true;
}

const unbilled: Bill = { sent: [] };

/** Each tenant's bill as this service knows it, and who may send it. */
export function bills(parts: { store: Store; runtime: Runtime }) {
  const { store, runtime } = parts;
  /** Writes what `edit` makes of the bill (undefined: nothing), and tells what `facts` makes of both. */
  const change = (
    tenant: string,
    edit: (bill: Bill) => Bill | undefined,
    facts: (before: Bill, after: Bill) => OutcomeFact[] = () => [],
  ): Promise<void> =>
    editDocument<Bill>(parts, scopeOf(tenant), billKey, (bill = unbilled, now) => {
      const after = edit(bill);
      return after && { put: { [billKey]: after }, events: facts(bill, after).map((fact) => outcomeEvent('billing-sync', now, fact)) };
    });

  return {
    change,
    async read(tenant: string): Promise<{ bill: Bill; version: number }> {
      const [entry] = await store.read<Bill>(scopeOf(tenant), [billKey]);
      return { bill: entry?.value ?? unbilled, version: entry?.version ?? 0 };
    },

    /**
     * Writes an attempt down before it is sent, over the bill that was read and under the lease that was taken: a process that slept meanwhile
     * throws {@link BillMoved} and counts afresh.
     */
    async begin(tenant: string, read: number, bill: Bill, lease: number | undefined): Promise<void> {
      const expect = { [billKey]: read, ...(lease === undefined ? {} : { [leaseKey]: lease }) };
      const result = await store.commit(scopeOf(tenant), { id: runtime.id(), time: runtime.now(), expect, put: { [billKey]: bill } });
      if (!result.ok) throw new BillMoved(`another process was first (${result.conflict})`);
    },

    /** Of the bill of a tenant that was erased stays what was billed last; nothing is written to it any more. */
    async end(tenant: string): Promise<void> {
      const [entry] = await store.read<Bill>(scopeOf(tenant), [billKey]);
      const { billed } = entry?.value ?? unbilled;
      const put = { [billKey]: { sent: [], erased: true, ...(billed ? { billed } : {}) } satisfies Bill };
      await store.commit(scopeOf(tenant), { id: runtime.id(), time: runtime.now(), end: true, put });
    },

    /** Takes a free or lapsed lease, or extends its own: the lease's version, or undefined while another one holds it. */
    async lease(tenant: string, holder: string): Promise<number | undefined> {
      const [entry] = await store.read<Lease>(scopeOf(tenant), [leaseKey]);
      const now = runtime.now();
      // One that ends so much later was written by a clock that is wrong.
      const isHeld = entry && entry.value.until > now && entry.value.until < now + 2 * leaseMs;
      if (isHeld && entry.value.holder !== holder) return undefined;
      const result = await store.commit(scopeOf(tenant), {
        ...{ id: runtime.id(), time: now, expect: { [leaseKey]: entry?.version ?? 0 } },
        put: { [leaseKey]: { holder, until: now + leaseMs } satisfies Lease },
      });
      return result.ok ? result.version : undefined;
    },

    async release(tenant: string, holder: string): Promise<void> {
      const [entry] = await store.read<Lease>(scopeOf(tenant), [leaseKey]);
      if (entry?.value.holder !== holder) return;
      const expect = { [leaseKey]: entry.version };
      await store.commit(scopeOf(tenant), { id: runtime.id(), time: runtime.now(), expect, remove: [leaseKey] });
    },
  };
}
export type Bills = ReturnType<typeof bills>;
