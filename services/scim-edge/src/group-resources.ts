import { actorOf } from '@claras/directory/audit';
import type { GroupEdit, Groups } from '@claras/directory/groups';
import { groupKind } from '@claras/directory/kinds';
import { resourceTypes } from '@claras/scim/attributes';
import { memberChanges } from '@claras/scim/member-changes';
import { decidingMembers } from '@claras/scim/member-filter';
import { applyPatch, readPatch } from '@claras/scim/patch';
import { type Json, readResource } from '@claras/scim/resource';
import { settled } from '@claras/scim/set-once';
import { turnForLongWork } from './long-work.ts';
import { locationOf } from './render.ts';
import type { AskedToWrite, ScimResources, Written } from './scim-resources.ts';

/** From here on, to write them all into an answer is long work. */
const manyMembers = 500;

/** /Groups: SCIM on one side, the tenant's groups on the other. */
export function groupResources(groups: Groups): ScimResources {
  async function write(
    id: string,
    edit: GroupEdit,
    ignored: () => string[],
    { tenant, key, origin, check }: AskedToWrite,
  ): Promise<Written> {
    const { group, unknownMembers } = await groups.update(tenant, id, { ...edit, by: actorOf(key) }, check, origin);
    return { read: group, ignored: [...ignored(), ...unknownMembers.map(() => 'members')] };
  }

  return {
    name: 'Group',
    endpoint: '/Groups',
    kind: groupKind,
    read: groups.get,
    async keptElsewhere({ id }, { tenant, url }, wanted, filter) {
      const asMembers = (ids: readonly string[]): Record<string, Json> =>
        ids.length === 0
          ? {}
          : { members: ids.map((value) => ({ value, $ref: locationOf(resourceTypes.User, value, url), type: 'User' })) };
      async function everyMember() {
        const ids = await groups.members(tenant, id);
        if (ids.length > manyMembers) await turnForLongWork(tenant);
        return asMembers(ids);
      }
      if (wanted('members')) return everyMember();
      const asked = filter ? decidingMembers(filter) : [];
      if (!asked) return everyMember();
      const isMember = asked.length > 0 ? await groups.hasMembers(tenant, id, asked) : [];
      return asMembers(asked.filter((_, n) => isMember[n]));
    },
    async create(body, { tenant, types, origin, id }) {
      const { resource, members, ignored } = readResource(types.Group, body);
      const { group, unknownMembers } = await groups.create(
        tenant,
        resource,
        members.map(({ value }) => value),
        origin,
        id,
      );
      return { read: group, ignored: [...ignored, ...unknownMembers.map(() => 'members')] };
    },
    replace(id, body, asked) {
      const type = asked.types.Group;
      const { resource, members, ignored } = readResource(type, body);
      const full = { touched: true, clear: true, add: members.map(({ value }) => value), remove: [], removeWhere: [] };
      return write(
        id,
        { attributes: (current) => settled(type, current, resource, { keeping: true }), members: full },
        () => ignored,
        asked,
      );
    },
    patch(id, body, asked) {
      const type = asked.types.Group;
      const operations = readPatch(type, body);
      let ignored: string[] = [];
      const attributes: GroupEdit['attributes'] = (current) => {
        const patched = applyPatch(type, current, operations);
        ignored = patched.ignored;
        return settled(type, current, patched.resource);
      };
      return write(id, { attributes, members: memberChanges(operations, asked) }, () => ignored, asked);
    },
    remove: (id, { tenant, origin, check }) => groups.remove(tenant, id, check, origin),
  };
}
