import type { OutcomeFact } from '@claras/contracts/events';
import { userKind } from '@claras/directory/kinds';
import type { Origin } from '@claras/directory/resources';
import { tenantScope } from '@claras/directory/scopes';
import type { Durable } from '@claras/directory/transact';
import type { ScimError } from '@claras/scim/scim-error';
import type { EdgeMetrics } from './edge-metrics.ts';

/** Whose key it is. */
export interface Caller {
  tenant: string;
  /** Id of the API key, or of the trust in Entra. */
  key: string;
}

/** A write that was refused. */
export interface RefusedWrite extends Caller {
  origin: Origin;
  answer: ScimError;
}

/** A tenant's refusals in a minute. `held`: the last one that was not told by itself, and how many others were not. */
interface Minute {
  since: number;
  told: number;
  held?: { write: RefusedWrite; more: number };
}

const minute = 60_000;
const mostInAMinute = 20;
const mostTenants = 10_000;
const endpoints: Record<string, string> = { users: 'Users', groups: 'Groups' };

/** `Users/<id>`, `Users`, or that it was something else. */
function subjectOf({ request = '' }: Origin): string {
  const [, endpoint = '', id] = /^\S+ \/+([^/]*)(?:\/+([\w-]{1,128})\/*$)?/.exec(request) ?? [];
  const known = endpoints[endpoint.toLowerCase()];
  return known && id ? `${known}/${id}` : (known ?? 'Requests');
}

/**
 * Tells on `claras.outcome.v1` which writes the edge refused (DECISIONS 12), for the provisioning log. Nobody waits for it, and a flood tells
 * little: at most 20 of a tenant in a minute one by one (for each process of the edge), then the last of that minute with the number of the
 * others. What could not be told is counted.
 */
export function refusedWrites({ store, runtime }: Durable, metrics?: EdgeMetrics) {
  const minutes = new Map<string, Minute>();
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();

  async function commit({ tenant, key, origin, answer }: RefusedWrite, time: number, more?: number): Promise<void> {
    // Asked before the answer goes, so that nothing that the caller sends next can come before it.
    const { sequence: after } = await store.range(tenantScope(tenant), userKind.all, { limit: 0 });
    const { status, message: detail, scimType } = answer;
    const data = { status, detail, key, after, ...(scimType ? { scimType } : {}), ...(more ? { more } : {}) };
    const fact: OutcomeFact = { type: 'request.refused', data };
    const event = { ...fact, ...origin, subject: subjectOf(origin), time: new Date(time).toISOString() };
    await store.commit(`edge-outcome/${tenant}`, { id: runtime.id(), time, events: [event] });
  }

  async function tell(...refusal: Parameters<typeof commit>): Promise<void> {
    const result = await commit(...refusal).then(
      () => 'told',
      () => 'lost',
    );
    metrics?.refusedWrites.inc({ result });
  }

  async function tellHeld(tenant: string, of: Minute & Required<Pick<Minute, 'held'>>): Promise<void> {
    await runtime.sleep(of.since + minute - runtime.now(), closing.signal);
    if (minutes.get(tenant) === of) minutes.delete(tenant);
    await tell(of.held.write, runtime.now(), of.held.more);
  }

  function begin(work: Promise<void>): void {
    const begun = work.then(() => void underWay.delete(begun));
    underWay.add(begun);
  }

  function minuteOf(tenant: string, now: number): Minute {
    const known = minutes.get(tenant);
    if (known && now < known.since + minute) return known;
    if (minutes.size >= mostTenants) minutes.clear();
    const fresh = { since: now, told: 0 };
    minutes.set(tenant, fresh);
    return fresh;
  }

  return {
    tell(write: RefusedWrite): void {
      const now = runtime.now();
      const current = minuteOf(write.tenant, now);
      if (current.told < mostInAMinute) {
        current.told++;
        return begin(tell(write, now));
      }
      metrics?.refusedWrites.inc({ result: 'counted' });
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
