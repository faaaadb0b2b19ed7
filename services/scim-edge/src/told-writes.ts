import type { OutcomeFact } from '@claras/contracts/events';
import { userKind } from '@claras/directory/kinds';
import type { Origin } from '@claras/directory/resources';
import { tenantScope } from '@claras/directory/scopes';
import type { Durable } from '@claras/directory/transact';

/** Whose key asked for what. */
export interface AskedWrite {
  tenant: string;
  key: string;
  origin: Origin;
}

/** How one kind of writes is told. */
export interface Telling<W> {
  mostInAMinute: number;
  /** `about`: what every fact has. */
  said(write: W, about: { key: string; after: number; more?: number }): { fact: OutcomeFact; subject: string };
  counted?(result: 'told' | 'lost' | 'counted'): void;
}

/** A tenant's writes in a minute. `held`: the last one that was not told by itself, and how many others were not. */
interface Minute<W> {
  since: number;
  told: number;
  held?: { write: W; more: number };
}

const minute = 60_000;
const mostTenants = 10_000;

/**
 * Tells on `claras.outcome.v1` of writes that did not come to what was asked (DECISIONS 12), for the provisioning log. Nobody waits for it, and a
 * flood tells little: some of a tenant in a minute one by one (for each process of the edge), then the last of that minute with the number of
 * the others. What could not be told is counted.
 */
export function toldWrites<W extends AskedWrite>({ store, runtime }: Durable, { mostInAMinute, said, counted }: Telling<W>) {
  const minutes = new Map<string, Minute<W>>();
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();

  async function commit(write: W, time: number, more?: number): Promise<void> {
    const { tenant, key, origin } = write;
    // Asked before the answer goes, so that nothing that the caller sends next can come before it.
    const { sequence: after } = await store.range(tenantScope(tenant), userKind.all, { limit: 0 });
    const { fact, subject } = said(write, { key, after, ...(more ? { more } : {}) });
    const event = { ...fact, ...origin, subject, time: new Date(time).toISOString() };
    await store.commit(`edge-outcome/${tenant}`, { id: runtime.id(), time, events: [event] });
  }

  const tell = (...told: Parameters<typeof commit>): Promise<void> =>
    commit(...told).then(
      () => counted?.('told'),
      () => counted?.('lost'),
    );

  async function tellHeld(tenant: string, of: Minute<W> & Required<Pick<Minute<W>, 'held'>>): Promise<void> {
    await runtime.sleep(of.since + minute - runtime.now(), closing.signal);
    if (minutes.get(tenant) === of) minutes.delete(tenant);
    await tell(of.held.write, runtime.now(), of.held.more);
  }

  function begin(work: Promise<void>): void {
    const begun = work.then(() => void underWay.delete(begun));
    underWay.add(begun);
  }

  function minuteOf(tenant: string, now: number): Minute<W> {
    const known = minutes.get(tenant);
    if (known && now < known.since + minute) return known;
    if (minutes.size >= mostTenants) minutes.clear();
    const fresh = { since: now, told: 0 };
    minutes.set(tenant, fresh);
    return fresh;
  }

  return {
    tell(write: W): void {
      const now = runtime.now();
      const current = minuteOf(write.tenant, now);
      if (current.told < mostInAMinute) {
        current.told++;
        return begin(tell(write, now));
      }
      counted?.('counted');
      const before = current.held;
      const held = Object.assign(current, { held: { write, more: before ? before.more + 1 : 0 } });
      if (!before) begin(tellHeld(write.tenant, held));
    },
    /** Tells what is held back, and lets what is under way end. */
    async close(): Promise<void> {
      closing.abort();
      await Promise.all(underWay);
    },
  };
}
