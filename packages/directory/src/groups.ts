import type { OutgoingEvent } from '@claras/contracts/cloud-event';
import { indexPages } from '@claras/ports/store/index-pages';
import type { MemberChanges } from '@claras/scim/member-changes';
import type { Resource } from '@claras/scim/resource';
import { type Actor, audit, type Deed, system } from './audit.ts';
import { groupKind, groupsOfIndex, membersIndex, userKind } from './kinds.ts';
import { type MemberDifference, memberDifference } from './member-difference.ts';
import {
  changedAttributes,
  type Described,
  describeRemoval,
  describeWrite,
  eventAbout,
  missing,
  type Origin,
  type Precondition,
  Read,
  readResource,
  refuseTaken,
  snapshotData,
} from './resources.ts';
import { tenantScope } from './scopes.ts';
import { type Committed, type Durable, transact } from './transact.ts';

/** Members in one event (contracts: `Ids`). */
const membersPerEvent = 500;
const pageSize = 1000;
/** More that leave a group unnamed at once stand in the audit log: a replace may have been meant to add (docs/protocol.md). */
const mostDropped = 10;

export interface GroupEdit {
  /** Wanted attributes, from the current ones. */
  attributes: (current: Resource) => Resource;
  members: MemberChanges;
  by?: Actor;
}

/** Ids that were asked for and are no user of the tenant: passed over, so that one of them does not cost the whole push. */
export interface GroupWritten {
  group: Read;
  unknownMembers: string[];
}

/** A tenant's SCIM groups. Members are an index; they travel in events as differences. */
export function groups(durable: Durable) {
  const { store, runtime } = durable;
  const trail = audit(durable);

  const get = (tenant: string, id: string): Promise<Read | undefined> => readResource(durable, groupKind, tenant, id);

  function create(
    tenant: string,
    resource: Resource,
    members: readonly string[],
    origin: Origin = {},
    id = runtime.id(),
  ): Promise<GroupWritten> {
    return transact(durable, tenantScope(tenant), async (time) => {
      const group = Read.new(id, time, resource);
      const { known, unknown } = await knownUsers(tenant, members);
      const change = describeWrite(groupKind, undefined, group);
      const difference = { cleared: false, added: known, removed: [] };
      addMembers(change, id, difference);
      const created = eventAbout(groupKind, id, time, origin, 'created', snapshotData(groupKind, group));
      change.events = [created, ...memberEvents(id, difference, time, origin)];
      const result = ({ version }: Committed) => ({ group: group.at(version), unknownMembers: unknown });
      return { change, onConflict: refuseTaken(groupKind, group), result };
    });
  }

  /**
   * A change of members alone, without a condition, touches the group and the added users, so that parallel ones do not conflict and none
   * is lost; anything else expects the version that it read. 404 for an unknown id.
   */
  function update(tenant: string, id: string, edit: GroupEdit, check?: Precondition, origin: Origin = {}): Promise<GroupWritten> {
    return transact(durable, tenantScope(tenant), async (time) => {
      const before = await get(tenant, id);
      if (!before) throw missing(groupKind);
      check?.(before.version);
      const after = before.changed(time, edit.attributes(before.resource));
      const changed = changedAttributes(before.resource, after.resource);
      const { known, unknown } = await knownUsers(tenant, edit.members.add);
      const { difference, exact, dropped = 0 } = await memberDifference(durable, tenant, id, { ...edit.members, add: known });
      if (changed.length === 0 && !difference) return { result: () => ({ group: before, unknownMembers: unknown }) };

      const change: Described =
        changed.length > 0
          ? describeWrite(groupKind, before, after)
          : { expect: new Map(), put: new Map(), index: new Map(), touch: [groupKind.document(id)] };
      if (exact || check) change.expect.set(groupKind.document(id), before.version);
      const updated =
        changed.length > 0 ? [eventAbout(groupKind, id, time, origin, 'updated', snapshotData(groupKind, after, changed))] : [];
      if (difference) addMembers(change, id, difference);
      change.events = [...updated, ...(difference ? memberEvents(id, difference, time, origin) : [])];
      const result = ({ version }: Committed) => ({ group: after.at(version), unknownMembers: unknown });
      const onConflict = refuseTaken(groupKind, after);
      if (dropped <= mostDropped) return { change, onConflict, result };
      const details = { name: after.resource[groupKind.unique], dropped, added: difference?.added.length ?? 0 };
      const deed: Deed = { by: edit.by ?? system, action: 'members.dropped', subject: `${groupKind.endpoint}/${id}`, details };
      return { change: await trail.tell(tenant, time, change, deed), onConflict, result };
    });
  }

  /** Costs the same for any number of members. 404 for an unknown id. */
  function remove(tenant: string, id: string, check?: Precondition, origin: Origin = {}): Promise<void> {
    return transact(durable, tenantScope(tenant), async (time) => {
      const gone = await get(tenant, id);
      if (!gone) throw missing(groupKind);
      check?.(gone.version);
      const change = describeRemoval(groupKind, gone);
      change.drop = [membersIndex(id)];
      change.events = [eventAbout(groupKind, id, time, origin, 'deleted', { id })];
      return { change, result: () => undefined };
    });
  }

  /** Every member's id. */
  async function members(tenant: string, id: string): Promise<string[]> {
    const found: string[] = [];
    for await (const page of indexPages(store, tenantScope(tenant), membersIndex(id), pageSize)) found.push(...page);
    return found;
  }

  const hasMembers = (tenant: string, id: string, ids: readonly string[]): Promise<boolean[]> =>
    store.has(tenantScope(tenant), membersIndex(id), ids);

  async function knownUsers(tenant: string, ids: readonly string[]): Promise<{ known: string[]; unknown: string[] }> {
    if (ids.length === 0) return { known: [], unknown: [] };
    const exists = await store.has(tenantScope(tenant), userKind.all, ids);
    return { known: ids.filter((_, n) => exists[n]), unknown: ids.filter((_, n) => !exists[n]) };
  }

  return { create, get, update, remove, members, hasMembers };
}
export type Groups = ReturnType<typeof groups>;

/** Both directions of membership, and a new version for each user whose `groups` changed for the better: it must still be there. */
function addMembers(change: Described, group: string, { cleared, added, removed }: MemberDifference): void {
  if (cleared) change.drop = [membersIndex(group)];
  if (added.length + removed.length > 0) change.index.set(membersIndex(group), { add: added, remove: removed });
  for (const user of added) change.index.set(groupsOfIndex(user), { add: [group] });
  for (const user of removed) change.index.set(groupsOfIndex(user), { remove: [group] });
  change.touch = [...(change.touch ?? []), ...added.map(userKind.document)];
}

function memberEvents(group: string, { cleared, added, removed }: MemberDifference, time: number, origin: Origin): OutgoingEvent[] {
  const events = cleared ? [eventAbout(groupKind, group, time, origin, 'members.cleared', { group })] : [];
  for (let n = 0; n < Math.max(added.length, removed.length); n += membersPerEvent) {
    const part = { group, added: added.slice(n, n + membersPerEvent), removed: removed.slice(n, n + membersPerEvent) };
    events.push(eventAbout(groupKind, group, time, origin, 'members.changed', part));
  }
  return events;
}
