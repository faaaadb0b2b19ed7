import { type BilledSeats, type Billing, ledgerRules, type SeatUpdate } from '@claras/ports/billing/billing';
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

export interface Ledger extends Billing {
  /** Oldest first: up to a thousand rows behind the first `after` (0 when not given). */
  rows(tenant: string, after?: number): Promise<LedgerRow[]>;
}

interface Current extends BilledSeats {
  /** Taken at this version. Older ones need no memory: their version is refused. */
  keys: string[];
  /** How many there are; they are numbered from 1. */
  rows: number;
}

const current = 'current';
const mostRows = 1000;
const scopeOf = (tenant: string): Scope => `ledger/${tenant}`;
const rowKey = (number: number) => `row:${number}`;
const seatsOf = ({ quantity, version }: BilledSeats): BilledSeats => ({ quantity, version });

/**
 * The reference billing system: a durable quantity for each tenant, and the row that explains each change of it (M26). The same version
 * with another quantity and a new key is a repair, and is taken.
 */
export function ledger({ store, runtime }: { store: Store; runtime: Runtime }): Ledger {
  const read = async (tenant: string) => (await store.read<Current>(scopeOf(tenant), [current]))[0];

  async function setSeats(tenant: string, { quantity, version, key }: SeatUpdate): Promise<BilledSeats> {
    for (;;) {
      const entry = await read(tenant);
      const now = entry?.value;
      if (now && (now.version > version || now.keys.includes(key))) return seatsOf(now);
      const changes = now?.quantity !== quantity;
      const keys = now?.version === version ? [...now.keys, key] : [key];
      const rows = (now?.rows ?? 0) + (changes ? 1 : 0);
      const time = runtime.now();
      const row: LedgerRow = { quantity, before: now?.quantity ?? 0, version, key, at: new Date(time).toISOString() };
      const answer = await store.commit(scopeOf(tenant), {
        id: runtime.id(),
        time,
        expect: { [current]: entry?.version ?? 0 },
        put: { [current]: { quantity, version, keys, rows } satisfies Current, ...(changes ? { [rowKey(rows)]: row } : {}) },
      });
      if (answer.ok) return { quantity, version };
    }
  }

  async function billed(tenant: string): Promise<BilledSeats | undefined> {
    const entry = await read(tenant);
    return entry && seatsOf(entry.value);
  }

  async function rows(tenant: string, after = 0): Promise<LedgerRow[]> {
    const count = Math.min(mostRows, ((await read(tenant))?.value.rows ?? 0) - after);
    const numbers = Array.from({ length: Math.max(0, count) }, (_, n) => after + 1 + n);
    const entries = await store.read<LedgerRow>(scopeOf(tenant), numbers.map(rowKey));
    return entries.flatMap((entry) => (entry ? [entry.value] : []));
  }

  return { rules: ledgerRules, setSeats, billed, rows };
}
