import type { BilledSeats, Billing } from '@claras/ports/billing/billing';
import type { Runtime } from '@claras/ports/runtime';
import type { Scope, Store } from '@claras/ports/store/store';

/** One effect on a tenant's bill. Rows are only ever added. */
export interface LedgerRow {
  quantity: number;
  before: number;
  version: number;
  key: string;
  /** ISO 8601, UTC. */
  at: string;
}

const scopeOf = (tenant: string): Scope => `ledger/${tenant}`;
const current = 'current';
const rowKey = (number: number) => `row:${String(number).padStart(12, '0')}`;
const mostRows = 1000;

interface Current extends BilledSeats {
  key: string;
  rows: number;
}

/** The reference billing system: a durable quantity for each tenant, and the row that explains each change of it (M26). */
export function ledger({ store, runtime }: { store: Store; runtime: Runtime }): Billing & { rows(tenant: string): Promise<LedgerRow[]> } {
  async function setSeats(
    tenant: string,
    { quantity, version, key }: { quantity: number; version: number; key: string },
  ): Promise<BilledSeats> {
    for (;;) {
      const [entry] = await store.read<Current>(scopeOf(tenant), [current]);
      const now = entry?.value;
      if (now && (now.key === key || now.version > version)) return { quantity: now.quantity, version: now.version };
      const changes = now?.quantity !== quantity;
      const rows = (now?.rows ?? 0) + (changes ? 1 : 0);
      const row: LedgerRow = { quantity, before: now?.quantity ?? 0, version, key, at: new Date(runtime.now()).toISOString() };
      const answer = await store.commit(scopeOf(tenant), {
        id: runtime.id(),
        time: runtime.now(),
        expect: { [current]: entry?.version ?? 0 },
        put: { [current]: { quantity, version, key, rows } satisfies Current, ...(changes ? { [rowKey(rows)]: row } : {}) },
        ...(changes ? { index: { rows: { add: [rowKey(rows)] } } } : {}),
      });
      if (answer.ok) return { quantity, version };
    }
  }

  async function billed(tenant: string): Promise<BilledSeats | undefined> {
    const [entry] = await store.read<Current>(scopeOf(tenant), [current]);
    return entry && { quantity: entry.value.quantity, version: entry.value.version };
  }

  /** The first thousand effects, oldest first. */
  async function rows(tenant: string): Promise<LedgerRow[]> {
    const { members } = await store.range(scopeOf(tenant), 'rows', { limit: mostRows });
    const entries = await store.read<LedgerRow>(scopeOf(tenant), members);
    return entries.flatMap((entry) => (entry ? [entry.value] : []));
  }

  return { setSeats, billed, rows };
}
