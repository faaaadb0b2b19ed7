import type { Fact, Positioned } from '@claras/contracts/events';
import type { Runtime } from '@claras/ports/runtime';
import { indexPages } from '@claras/ports/store/index-pages';
import { type Scope, type Store, StoreUnavailable } from '@claras/ports/store/store';
import type { Position, Positions } from './position.ts';

/**
 * Why a tenant's events wait aside. `work`: tenant-sized or slow work is under way. `gap`: an event is missing; nothing is skipped, the tenant stands
 * still until it comes. `fault`: applying an event failed for a reason that is no outage.
 */
export type AsideReason = 'work' | 'gap' | 'fault';

/** One tenant's queue: who drains it, and why it exists. Lapses when the holder has not renewed it for a while. */
export interface Claim {
  tenant: string;
  reason: AsideReason;
  holder: string;
  /** Milliseconds since 1970. */
  since: number;
}
export interface HeldClaim {
  value: Claim;
  version: number;
  /** When it was written last. */
  time: number;
}

const index = 'aside';
/** Of the queued events, those with which a tenant can begin anew. */
const restartsIndex = 'aside-restarts';
const mostEvents = 50_000;
const lapsesAfter = 15_000;
const tenantsAtOnce = 1000;
const place = (sequence: number) => String(sequence).padStart(16, '0');
const eventKey = (sequence: number) => `aside:${place(sequence)}`;

/** What takes a tenant's events up to `through` out of its queue. */
export const withoutAside = (sequences: readonly number[]) => ({
  remove: sequences.map(eventKey),
  index: { [index]: { remove: sequences.map(place) }, [restartsIndex]: { remove: sequences.map(place) } },
});

/** A snapshot supersedes whatever was before it: a reader that cannot go on goes on here. */
const isRestart = ({ type }: { type: string }): boolean => type === 'snapshot.started';

/**
 * The durable queues of tenants that cannot go on at once, so that their partition can (DECISIONS 10). A queue stands in the tenant's own
 * slice; claims stand in the service's, where any process of the service finds them. Draining twice at once is safe, only wasteful.
 */
export function asideQueues<F extends Fact>(parts: {
  name: string;
  store: Store;
  runtime: Runtime;
  positions: Positions;
  holder: string;
  /** Snapshots come on the topic. */
  beginsAnew: boolean;
}) {
  const { name, store, runtime, positions, holder, beginsAnew } = parts;
  const scope: Scope = `${name}/`;
  const claimKey = (tenant: string) => `aside:${tenant}`;

  async function claims(): Promise<HeldClaim[]> {
    const found: HeldClaim[] = [];
    for await (const members of indexPages(store, scope, index, tenantsAtOnce)) {
      const entries = await store.read<Claim>(scope, members.map(claimKey));
      found.push(...entries.filter((entry) => entry !== undefined));
    }
    return found;
  }

  const claimOf = async (tenant: string): Promise<HeldClaim | undefined> => (await store.read<Claim>(scope, [claimKey(tenant)]))[0];

  /** The new version; undefined: someone else wrote it meanwhile. */
  async function write(claim: Claim, version: number | undefined): Promise<number | undefined> {
    const key = claimKey(claim.tenant);
    const result = await store.commit(scope, {
      id: runtime.id(),
      time: runtime.now(),
      ...(version === undefined ? {} : { expect: { [key]: version } }),
      put: { [key]: claim },
      index: { [index]: { add: [claim.tenant] } },
    });
    return result.ok ? result.version : undefined;
  }

  /** Queues events behind those that wait already. Resolves when they and the claim are durable: their offsets may be committed. */
  async function add(tenant: string, from: Position, fresh: readonly Positioned<F>[], reason: AsideReason): Promise<void> {
    const { total } = await store.range(positions.scopeOf(tenant), index, { limit: 0 });
    const existing = await claimOf(tenant);
    const isFull = total + fresh.length > mostEvents;
    if (isFull && !(await mayMiss(tenant, from, existing?.value.reason ?? reason)))
      throw new StoreUnavailable(`a tenant has ${total} events aside; its partition waits`);
    const events = isFull ? fromRestart(fresh) : fresh;
    if (events.length === 0) return;
    await positions.move(
      tenant,
      from,
      { applied: from.applied, aside: true },
      {
        put: Object.fromEntries(events.map((event) => [eventKey(event.sequence), event])),
        index: {
          [index]: { add: events.map((event) => place(event.sequence)) },
          [restartsIndex]: { add: events.filter(isRestart).map((event) => place(event.sequence)) },
        },
      },
    );
    await write(existing?.value ?? { tenant, reason, holder, since: runtime.now() }, undefined);
  }

  /** Behind a gap nothing need be kept but the snapshot that answers it; behind that, everything. */
  const mayMiss = async (tenant: string, { applied }: Position, reason: AsideReason): Promise<boolean> =>
    beginsAnew && reason === 'gap' && (await restart(tenant, applied)) === undefined;

  function fromRestart(events: readonly Positioned<F>[]): readonly Positioned<F>[] {
    const place = events.findLastIndex(isRestart);
    return place < 0 ? [] : events.slice(place);
  }

  async function first(tenant: string, limit: number): Promise<Positioned<F>[]> {
    const { members } = await store.range(positions.scopeOf(tenant), index, { limit });
    const entries = await store.read<Positioned<F>>(
      positions.scopeOf(tenant),
      members.map((member) => eventKey(Number(member))),
    );
    return entries.flatMap((entry) => (entry ? [entry.value] : []));
  }

  /** Sequence of the first queued event behind `after` with which the tenant can begin anew. */
  async function restart(tenant: string, after: number): Promise<number | undefined> {
    const { members } = await store.range(positions.scopeOf(tenant), restartsIndex, { after: place(after), limit: 1 });
    return members[0] === undefined ? undefined : Number(members[0]);
  }

  /** The claim, if it is this process's or lapsed; undefined: somebody else is at it. */
  async function take(claim: HeldClaim, reason = claim.value.reason): Promise<HeldClaim | undefined> {
    const time = runtime.now();
    if (claim.value.holder !== holder && time - claim.time < lapsesAfter) return undefined;
    const value = { ...claim.value, holder, reason };
    const version = await write(value, claim.version);
    return version === undefined ? undefined : { value, version, time };
  }

  /** The queue is empty: the tenant is back in its partition. What was added meanwhile makes it fail, or stand in a claim of its own. */
  async function finish({ value: { tenant }, version }: HeldClaim, from: Position): Promise<void> {
    if (from.aside) await positions.move(tenant, from, { applied: from.applied, aside: false });
    const key = claimKey(tenant);
    await store.commit(scope, {
      id: runtime.id(),
      time: runtime.now(),
      expect: { [key]: version },
      remove: [key],
      index: { [index]: { remove: [tenant] } },
    });
  }

  return { claims, claimOf, add, first, restart, take, finish };
}
export type AsideQueues<F extends Fact> = ReturnType<typeof asideQueues<F>>;
