import type { OutgoingEvent } from '@claras/contracts/cloud-event';
import type { DirectoryFact } from '@claras/contracts/events';
import { type Change, type Entry, unlessEnded } from '@claras/ports/store/store';
import { type Actor, audit, type Deed } from './audit.ts';
import { groupKind, type Kind, membersIndex, userKind } from './kinds.ts';
import { providers, provisioningOf } from './providers.ts';
import { type Read, readResources } from './resources.ts';
import { globalScope, tenantScope } from './scopes.ts';
import { type Durable, transact } from './transact.ts';

/** A tenant's last snapshot, finished or on its way. */
export interface Snapshot {
  id: string;
  by: Actor;
  reason: string;
  /** ISO 8601, UTC. */
  began: string;
  finished?: string;
  /** The tenant's sequence before it began. */
  since: number;
  /** Users and groups that are told, and how many there were when it began. */
  users: number;
  groups: number;
  total: { users: number; groups: number };
  next: Place;
}

/** Behind what the next part begins. `members`: behind `after` in `group`, or else with the group behind it. */
type Place = { part: 'users' | 'groups'; after?: string } | { part: 'members'; group?: string; after?: string };

/** Somebody needs a snapshot that begins behind `applied`. */
export interface SnapshotWanted {
  tenant: string;
  by: Actor;
  reason: string;
  /** Also readers that missed nothing shall forget what they knew. */
  rebuild: boolean;
  applied: number;
  /** Milliseconds since 1970. */
  at: number;
}

interface Part {
  facts: DirectoryFact[];
  /** Versions as of which the part is exact. */
  expect: Record<string, number>;
  next: Place | undefined;
  users: number;
  groups: number;
}

const snapshotKey = 'snapshot';
const wantedKey = (tenant: string) => `snapshot-wanted:${tenant}`;
const wantedIndex = 'snapshots-wanted';
const mostWanted = 1000;

const resourcesPerPart = 100;
/** So that an event stays far below Kafka's 1 MiB. */
const bytesPerPart = 400_000;
const membersPerPart = 500;
const groupsPerPart = 20;
/** Some 2,000 users, within a second. */
const partsPerTurn = 20;
/** A snapshot that ended longer ago than this did not reach the reader that asks again. */
const patience = 600_000;

/**
 * Snapshots of a tenant's directory in its own sequence (DECISIONS 1). Each part is read and committed over the versions that were read, so it
 * is exact as of its place, while other writes go on. Every step is durable: whoever comes next goes on where the last one stopped.
 */
export function snapshots(durable: Durable) {
  const { store, runtime } = durable;
  const trail = audit(durable);

  async function read(tenant: string): Promise<{ value: Snapshot | undefined; version: number }> {
    const [entry] = await store.read<Snapshot>(tenantScope(tenant), [snapshotKey]);
    return { value: entry?.value, version: entry?.version ?? 0 };
  }

  const size = async (tenant: string, index: string) => store.range(tenantScope(tenant), index, { limit: 0 });

  /** Nothing, where one is on its way already. */
  const begin = (tenant: string, { by, reason, rebuild }: SnapshotWanted): Promise<void> =>
    transact(durable, tenantScope(tenant), async (time) => {
      const { value: last, version } = await read(tenant);
      if (last && last.finished === undefined) return { result: () => undefined };
      // Every change of a provider is told in the audit log: one that was not seen here is a conflict.
      const asOf = await trail.head(tenant);
      const all = await providers(durable).list(tenant);
      const [users, groups] = await Promise.all([size(tenant, userKind.all), size(tenant, groupKind.all)]);
      const next: Snapshot = {
        ...{ id: runtime.id(), by, reason, began: new Date(time).toISOString(), since: groups.sequence, users: 0, groups: 0 },
        total: { users: users.total, groups: groups.total },
        next: { part: 'users' },
      };
      const provisioning = provisioningOf(all.find(({ scim }) => scim));
      const change = {
        expect: { [snapshotKey]: version },
        put: { [snapshotKey]: next },
        events: [eventOf(next, time, { type: 'snapshot.started', data: { provisioning, reason, rebuild } })],
      };
      const deed: Deed = { by, action: 'snapshot.started', subject: `Snapshots/${next.id}`, details: { reason } };
      return { change: await trail.tell(tenant, time, change, deed, asOf), result: () => undefined };
    });

  /** The next part, and where the snapshot is then. */
  const step = (tenant: string): Promise<Snapshot | undefined> =>
    transact(durable, tenantScope(tenant), async (time) => {
      const { value: last, version } = await read(tenant);
      if (!last || last.finished !== undefined) return { result: () => last };
      const { facts, expect, next, ...told } = await partAt(tenant, last.next);
      const [users, groups] = [last.users + told.users, last.groups + told.groups];
      const after: Snapshot = { ...last, users, groups, ...(next ? { next } : { finished: new Date(time).toISOString() }) };
      if (!next) facts.push({ type: 'snapshot.finished', data: { users, groups } });
      const change: Omit<Change, 'id' | 'time'> = {
        expect: { ...expect, [snapshotKey]: version },
        put: { [snapshotKey]: after },
        events: facts.map((fact) => eventOf(last, time, fact)),
      };
      return { change, result: () => after };
    });

  function partAt(tenant: string, place: Place): Promise<Part> {
    if (place.part === 'members') return membersFrom(tenant, place);
    return place.part === 'users' ? resourcesFrom(tenant, userKind, place.after) : resourcesFrom(tenant, groupKind, place.after);
  }

  async function resourcesFrom(tenant: string, kind: Kind, from: string | undefined): Promise<Part> {
    const { members: ids } = await store.range(tenantScope(tenant), kind.all, { limit: resourcesPerPart, ...behind(from) });
    const read = await readResources(durable, kind, tenant, ids);
    const told = asManyAsFit(read);
    const resources = told.map(({ id, resource }) => ({ ...resource, id }));
    const facts = told.length > 0 ? [factOf(kind, resources)] : [];
    const expect = Object.fromEntries(told.map(({ id, version }) => [kind.document(id), version]));
    const more = told.length < read.length ? told.at(-1)!.id : ids.length === resourcesPerPart ? ids.at(-1) : undefined;
    const following: Place = kind === userKind ? { part: 'groups' } : { part: 'members' };
    const next: Place = more === undefined ? following : { part: kind === userKind ? 'users' : 'groups', after: more };
    return { facts, expect, next, users: kind === userKind ? told.length : 0, groups: kind === groupKind ? told.length : 0 };
  }

  async function membersFrom(tenant: string, from: Extract<Place, { part: 'members' }>): Promise<Part> {
    const scope = tenantScope(tenant);
    const part: Part = { facts: [], expect: {}, next: from, users: 0, groups: 0 };
    let at = from;
    for (let n = 0, members = 0; n < groupsPerPart && members < membersPerPart; n++) {
      const group =
        at.after === undefined ? (await store.range(scope, groupKind.all, { limit: 1, ...behind(at.group) })).members[0] : at.group;
      if (group === undefined) return { ...part, next: undefined };
      const [document] = await store.read(scope, [groupKind.document(group)]);
      const page = await store.range(scope, membersIndex(group), { limit: membersPerPart, ...behind(at.after) });
      // Deleted meanwhile: its own event says so.
      const told = document ? page.members : [];
      if (document) part.expect[groupKind.document(group)] = document.version;
      if (told.length > 0) part.facts.push({ type: 'snapshot.members', data: { group, members: told } });
      members += told.length;
      at = { part: 'members', group, ...(told.length === membersPerPart ? behind(told.at(-1)) : {}) };
    }
    return { ...part, next: at };
  }

  /** Remembered until a snapshot that began behind `applied` is finished; without `applied`: behind what the tenant's sequence is now. */
  async function want(
    tenant: string,
    { applied, ...asked }: Omit<SnapshotWanted, 'tenant' | 'applied' | 'at'> & { applied?: number },
  ): Promise<void> {
    const { sequence } = await size(tenant, userKind.all);
    // Nothing can begin behind what is not there yet; to wait for it would make one snapshot after the other.
    const least = Math.min(applied ?? sequence, sequence);
    await transact(durable, globalScope, async (at) => {
      const [entry] = await store.read<SnapshotWanted>(globalScope, [wantedKey(tenant)]);
      const before = entry?.value;
      const both = { applied: Math.max(least, before?.applied ?? 0), rebuild: asked.rebuild || (before?.rebuild ?? false) };
      const wanted: SnapshotWanted = { ...asked, ...both, tenant, at };
      const change = {
        expect: { [wantedKey(tenant)]: entry?.version ?? 0 },
        put: { [wantedKey(tenant)]: wanted },
        index: { [wantedIndex]: { add: [tenant] } },
      };
      return { change, result: () => undefined };
    });
  }

  /** Tenants of which somebody wants a snapshot, 1,000 at most. */
  const wanted = async (): Promise<string[]> => (await store.range(globalScope, wantedIndex, { limit: mostWanted })).members;

  const isWanted = async (tenant: string): Promise<boolean> => (await store.read(globalScope, [wantedKey(tenant)]))[0] !== undefined;

  /**
   * Makes the snapshot that is wanted of a tenant, if there is none that will do, as far as it gets in one turn or until it is told to stop. The
   * next call goes on.
   */
  async function attend(tenant: string, signal: AbortSignal): Promise<'done' | 'unfinished'> {
    const [entry] = await store.read<SnapshotWanted>(globalScope, [wantedKey(tenant)]);
    if (!entry) return 'done';
    try {
      return await attendTo(tenant, entry, signal);
    } catch (error) {
      unlessEnded(error);
      await settle(tenant, entry.version);
      return 'done';
    }
  }

  async function attendTo(tenant: string, entry: Entry<SnapshotWanted>, signal: AbortSignal): Promise<'done' | 'unfinished'> {
    let last = (await read(tenant)).value;
    for (let parts = 0; parts < partsPerTurn && !signal.aborted; parts++) {
      if (last?.finished !== undefined && suffices(last, entry.value, runtime.now())) {
        await settle(tenant, entry.version);
        return 'done';
      }
      if (!last || last.finished !== undefined) await begin(tenant, entry.value);
      last = await step(tenant);
    }
    return 'unfinished';
  }

  /** Asked again meanwhile, it stays. */
  async function settle(tenant: string, version: number): Promise<void> {
    const forgotten = { remove: [wantedKey(tenant)], index: { [wantedIndex]: { remove: [tenant] } } };
    await store.commit(globalScope, { id: runtime.id(), time: runtime.now(), expect: { [wantedKey(tenant)]: version }, ...forgotten });
  }

  return { read: async (tenant: string) => (await read(tenant)).value, want, wanted, isWanted, attend };
}
export type Snapshots = ReturnType<typeof snapshots>;

/** A finished snapshot that began behind what was asked for, unless it is so old that it did not help. */
const suffices = ({ since, finished }: Snapshot, { applied, at }: SnapshotWanted, now: number): boolean =>
  since >= applied && (Date.parse(finished!) >= at || now - Date.parse(finished!) < patience);

const behind = (after: string | undefined): { after?: string } => (after === undefined ? {} : { after });

function asManyAsFit(reads: readonly Read[]): Read[] {
  let bytes = 0;
  const end = reads.findIndex((read, n) => {
    bytes += Buffer.byteLength(read.json);
    return n > 0 && bytes > bytesPerPart;
  });
  return end < 0 ? [...reads] : reads.slice(0, end);
}

const factOf = (kind: Kind, resources: unknown[]): DirectoryFact =>
  (kind === userKind
    ? { type: 'snapshot.users', data: { users: resources } }
    : { type: 'snapshot.groups', data: { groups: resources } }) as DirectoryFact;

const eventOf = ({ id }: Snapshot, time: number, fact: DirectoryFact): OutgoingEvent => ({
  ...fact,
  subject: `Snapshots/${id}`,
  time: new Date(time).toISOString(),
});
