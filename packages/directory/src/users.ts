import { indexPages } from '@claras/ports/store/index-pages';
import type { Resource } from '@claras/scim/resource';
import { groupKind, groupsOfIndex, membersIndex, userKind } from './kinds.ts';
import {
  changedAttributes,
  describeRemoval,
  describeWrite,
  eventAbout,
  missing,
  type Origin,
  type Precondition,
  Read,
  readResource,
  readResources,
  refuseTaken,
  snapshotData,
} from './resources.ts';
import { tenantScope } from './scopes.ts';
import { type Durable, transact } from './transact.ts';

/** A user stands in few groups; more than this are not shown. */
const mostGroups = 1000;

/** A tenant's SCIM users. Each change is load, describe, commit: state, indexes and event in one step. */
export function users(durable: Durable) {
  const { store, runtime } = durable;

  const get = (tenant: string, id: string): Promise<Read | undefined> => readResource(durable, userKind, tenant, id);

  function create(tenant: string, resource: Resource, origin: Origin = {}, id = runtime.id()): Promise<Read> {
    return transact(durable, tenantScope(tenant), async (time) => {
      const user = Read.new(id, time, resource);
      const change = describeWrite(userKind, undefined, user);
      change.events = [eventAbout(userKind, id, time, origin, 'created', snapshotData(userKind, user))];
      return { change, onConflict: refuseTaken(userKind, user), result: ({ version }) => user.at(version) };
    });
  }

  /** `edit` gets the current attributes and gives the wanted ones; what changes nothing writes nothing. 404 for an unknown id. */
  function update(
    tenant: string,
    id: string,
    edit: (current: Resource) => Resource,
    check?: Precondition,
    origin: Origin = {},
  ): Promise<Read> {
    return transact(durable, tenantScope(tenant), async (time) => {
      const before = await get(tenant, id);
      if (!before) throw missing(userKind);
      check?.(before.version);
      const after = before.changed(time, edit(before.resource));
      const changed = changedAttributes(before.resource, after.resource);
      if (changed.length === 0) return { result: () => before };
      const change = describeWrite(userKind, before, after);
      change.events = [eventAbout(userKind, id, time, origin, 'updated', snapshotData(userKind, after, changed))];
      return { change, onConflict: refuseTaken(userKind, after), result: ({ version }) => after.at(version) };
    });
  }

  /** Frees userName and leaves every group. 404 for an unknown id. */
  function remove(tenant: string, id: string, check?: Precondition, origin: Origin = {}): Promise<void> {
    const scope = tenantScope(tenant);
    return transact(durable, scope, async (time) => {
      const gone = await get(tenant, id);
      if (!gone) throw missing(userKind);
      check?.(gone.version);
      const change = describeRemoval(userKind, gone);
      const touched: string[] = [];
      for await (const groups of indexPages(store, scope, groupsOfIndex(id), mostGroups)) {
        for (const group of groups) change.index.set(membersIndex(group), { remove: [id] });
        for (const group of await readResources(durable, groupKind, tenant, groups)) touched.push(groupKind.document(group.id));
      }
      change.touch = touched;
      change.drop = [groupsOfIndex(id)];
      change.events = [eventAbout(userKind, id, time, origin, 'deleted', { id, userName: gone.resource.userName })];
      return { change, result: () => undefined };
    });
  }

  /** The groups that a user is a direct member of, with their names. */
  async function groupsOf(tenant: string, id: string): Promise<Read[]> {
    const scope = tenantScope(tenant);
    const { members } = await store.range(scope, groupsOfIndex(id), { limit: mostGroups });
    if (members.length === 0) return [];
    const groups = await readResources(durable, groupKind, tenant, members);
    const still = await Promise.all(groups.map((group) => store.has(scope, membersIndex(group.id), [id])));
    return groups.filter((_, n) => still[n]?.[0]);
  }

  return { create, get, update, remove, groupsOf };
}
export type Users = ReturnType<typeof users>;
