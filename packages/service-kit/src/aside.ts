import type { Fact, Positioned } from '@claras/contracts/events';
import type { Runtime } from '@claras/ports/runtime';
import { indexPages } from '@claras/ports/store/index-pages';
import type { Scope, Store } from '@claras/ports/store/store';
import type { Alarms } from './alarms.ts';
import { type Fit, fitQueue, isRestart } from './fit-queue.ts';
import { type Position, PositionMoved, type Positions, type ProjectionChange } from './position.ts';

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
/** The one that stands for all that a full queue did not keep. */
const newestIndex = 'aside-newest';
const lapsesAfter = 15_000;
const tenantsAtOnce = 1000;
/** Is there while the tenant is aside, and is put with each addition. */
const queueKey = 'aside-queue';
const place = (sequence: number) => String(sequence).padStart(16, '0');
const placesOf = (events: readonly { sequence: number }[]) => events.map(({ sequence }) => place(sequence));
const eventKey = (sequence: number) => `aside:${place(sequence)}`;

/** What takes events out of a tenant's queue. */
export const withoutAside = (sequences: readonly number[]) => ({
  remove: sequences.map(eventKey),
  index: Object.fromEntries([index, restartsIndex, newestIndex].map((name) => [name, { remove: sequences.map(place) }])),
});

/**
 * The durable queues of tenants that cannot go on at once, so that their partition can (DECISIONS 10). A queue stands in the tenant's own
 * slice; claims stand in the service's, where any process of the service finds them. Draining twice at once is safe, only wasteful.
 */
export function asideQueues<F extends Fact>(parts: {
  name: string;
  store: Store;
  runtime: Runtime;
  positions: Positions;
  alarms: Alarms;
  holder: string;
}) {
  const { name, store, runtime, positions, alarms, holder } = parts;
  const scope: Scope = `${name}/`;
  const claimKey = (tenant: string) => `aside:${tenant}`;
  const alarmOf = (tenant: string) => ({ consumer: name, tenant, kind: 'queue-full' }) as const;

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

  /**
   * Queues events behind those that wait already. Resolves when they and the claim are durable: their offsets may be committed. A full queue does
   * not keep all of them; how many are missing then.
   */
  async function add(tenant: string, from: Position, fresh: readonly Positioned<F>[], reason: AsideReason): Promise<number> {
    const queue = await queueOf(tenant);
    const { kept, newest, replaced, missed } = await fit(tenant, from.applied, fresh);
    if (missed > 0) await alarms.raise(alarmOf(tenant), 'more events of a tenant wait aside than are kept: behind them some are missing');
    const gone = withoutAside(replaced);
    const added = { [index]: kept, [restartsIndex]: kept.filter(isRestart), [newestIndex]: newest };
    const change = {
      put: { ...Object.fromEntries(kept.map((event) => [eventKey(event.sequence), event])), [queueKey]: true },
      remove: gone.remove,
      index: Object.fromEntries(Object.entries(added).map(([name, found]) => [name, { add: placesOf(found), ...gone.index[name] }])),
    };
    if (!from.aside || queue === 0) await positions.move(tenant, from, { applied: from.applied, aside: true }, change);
    else await addTo(queue, tenant, change);
    const existing = await claimOf(tenant);
    await write(existing?.value ?? { tenant, reason, holder, since: runtime.now() }, undefined);
    return missed;
  }

  /** Whoever works the queue off goes on meanwhile: only a queue that was finished since is none to add to. */
  async function addTo(queue: number, tenant: string, change: ProjectionChange): Promise<void> {
    const made = { id: runtime.id(), time: runtime.now(), expect: { [queueKey]: queue }, ...change };
    const result = await store.commit(positions.scopeOf(tenant), made);
    if (!result.ok) throw new PositionMoved('the queue aside was finished or added to by another process');
  }

  /** The version of a tenant's queue: a new one with each addition; 0 where there is none. */
  const queueOf = async (tenant: string): Promise<number> => (await store.read(positions.scopeOf(tenant), [queueKey]))[0]?.version ?? 0;

  /** Those that are queued already come again after a crash, and change nothing. */
  async function fit(tenant: string, applied: number, fresh: readonly Positioned<F>[]): Promise<Fit<F>> {
    const scope = positions.scopeOf(tenant);
    const [queued, { total }, next, { members }] = await Promise.all([
      store.has(scope, index, placesOf(fresh)),
      store.range(scope, index, { limit: 0 }),
      restart(tenant, applied),
      store.range(scope, newestIndex, { limit: 100 }),
    ]);
    const unseen = fresh.filter((_, n) => !queued[n]);
    return fitQueue(unseen, { total, restarts: next !== undefined, newest: members.map(Number) });
  }

  /** The first events, as of which version of the queue. */
  async function first(tenant: string, limit: number): Promise<{ events: Positioned<F>[]; queue: number }> {
    const queue = await queueOf(tenant);
    const { members } = await store.range(positions.scopeOf(tenant), index, { limit });
    const entries = await store.read<Positioned<F>>(
      positions.scopeOf(tenant),
      members.map((member) => eventKey(Number(member))),
    );
    return { events: entries.flatMap((entry) => (entry ? [entry.value] : [])), queue };
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
  async function finish({ value: { tenant }, version }: HeldClaim, from: Position, queue: number): Promise<void> {
    const ended = { expect: { [queueKey]: queue }, remove: [queueKey] };
    if (from.aside) await positions.move(tenant, from, { applied: from.applied, aside: false }, ended);
    await alarms.end(alarmOf(tenant));
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
