import type { EventRecord } from '@claras/contracts/cloud-event';
import type { Runtime } from '../runtime.ts';
import type { Outbox, OutboxEntry } from './store.ts';

type Waiting = OutboxEntry & { committed: number };

/** The outbox of one service in this process's memory. */
export function memoryOutbox(
  cells: number,
  runtime: Runtime,
): Outbox & { append(cell: number, tenant: string, records: EventRecord[]): void } {
  const waiting = Array.from({ length: cells }, (): Waiting[] => []);
  const leases = new Map<number, { holder: string; until: number }>();
  const listeners = new Set<(cell: number) => void>();
  let last = 0;

  return {
    append(cell, tenant, records) {
      const committed = runtime.now();
      for (const record of records) waiting[cell]!.push({ id: String(++last), tenant, record, committed });
      // Never inside the committer's own step.
      for (const listener of listeners) queueMicrotask(() => listener(cell));
    },
    read: async (cell, limit) => waiting[cell]!.slice(0, limit).map(({ id, tenant, record }) => ({ id, tenant, record })),
    async trim(cell, id) {
      const kept = waiting[cell]!.findIndex((entry) => Number(entry.id) > Number(id));
      waiting[cell]!.splice(0, kept < 0 ? Number.POSITIVE_INFINITY : kept);
    },
    async lease(cell, holder, ms) {
      const now = runtime.now();
      const lease = leases.get(cell);
      if (lease && lease.holder !== holder && lease.until > now) return false;
      leases.set(cell, { holder, until: now + ms });
      return true;
    },
    async release(cell, holder) {
      if (leases.get(cell)?.holder === holder) leases.delete(cell);
    },
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async depth() {
      const oldest = waiting.flatMap(([first]) => (first ? [first.committed] : []));
      const entries = waiting.reduce((sum, { length }) => sum + length, 0);
      const filled = [...waiting.keys()].filter((cell) => waiting[cell]!.length > 0);
      return { entries, filled, ...(entries > 0 ? { oldest: Math.min(...oldest) } : {}) };
    },
  };
}
