import { groupKind, userKind } from '@claras/directory/kinds';
import type { Read } from '@claras/directory/resources';
import type { Users } from '@claras/directory/users';
import { resourceTypes } from '@claras/scim/attributes';
import { mentions } from '@claras/scim/filter';
import { applyPatch, readPatch } from '@claras/scim/patch';
import { type Json, type Resource, readResource } from '@claras/scim/resource';
import { settled } from '@claras/scim/set-once';
import { locationOf, type TenantUrl } from './render.ts';
import type { ScimResources } from './scim-resources.ts';

/** /Users: SCIM on one side, the tenant's users on the other. */
export function userResources(users: Users): ScimResources {
  const shownGroup = ({ id, resource }: Read, url: TenantUrl): Json => ({
    value: id,
    $ref: locationOf(resourceTypes.Group, id, url),
    display: resource[groupKind.unique] as Json,
    type: 'direct',
  });

  return {
    name: 'User',
    endpoint: '/Users',
    kind: userKind,
    read: users.get,
    async keptElsewhere({ id }, { tenant, url }, wanted, filter) {
      if (!wanted('groups') && !(filter && mentions(filter, 'groups'))) return {};
      const groups = await users.groupsOf(tenant, id);
      return groups.length > 0 ? { groups: groups.map((group) => shownGroup(group, url)) } : {};
    },
    async create(body, { tenant, types, origin, id }) {
      const { resource, ignored } = readResource(types.User, body);
      return { read: await users.create(tenant, resource, origin, id), ignored, kept: {} };
    },
    async replace(id, body, { tenant, types, origin, check }) {
      const { resource, ignored, saysActive } = readResource(types.User, body);
      // A PUT that does not say `active` says nothing about access: it must not end it, nor give it back.
      const wanted = (current: Resource): Resource =>
        settled(types.User, current, saysActive ? resource : { ...resource, active: current.active ?? true }, { keeping: true });
      const read = await users.update(tenant, id, wanted, check, origin);
      return { read, ignored };
    },
    async patch(id, body, { tenant, types: { User: type }, origin, check }) {
      const operations = readPatch(type, body);
      let ignored: string[] = [];
      const edit = (current: Parameters<typeof applyPatch>[1]) => {
        const patched = applyPatch(type, current, operations);
        ignored = patched.ignored;
        return settled(type, current, patched.resource);
      };
      return { read: await users.update(tenant, id, edit, check, origin), ignored };
    },
    remove: (id, { tenant, origin, check }) => users.remove(tenant, id, check, origin),
  };
}
