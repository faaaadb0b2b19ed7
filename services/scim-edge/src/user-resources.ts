import { groupKind, userKind } from '@claras/directory/kinds';
import type { Users } from '@claras/directory/users';
import { resourceTypes } from '@claras/scim/attributes';
import { mentions } from '@claras/scim/filter';
import { applyPatch, readPatch } from '@claras/scim/patch';
import { type Json, type Resource, readResource } from '@claras/scim/resource';
import { locationOf, render, type TenantUrl } from './render.ts';
import type { ScimResources } from './scim-resources.ts';

const type = resourceTypes.User;

/** /Users: SCIM on one side, the tenant's users on the other. */
export function userResources(users: Users): ScimResources {
  async function groupsOf(tenant: string, id: string, url: TenantUrl): Promise<Json[]> {
    const groups = await users.groupsOf(tenant, id);
    return groups.map(({ id: group, resource }) => ({
      value: group,
      $ref: locationOf(resourceTypes.Group, group, url),
      display: resource[groupKind.unique] as Json,
      type: 'direct',
    }));
  }

  return {
    type,
    kind: userKind,
    read: users.get,
    async serve(read, { tenant, url }, wanted, filter) {
      if (!wanted('groups') && !(filter && mentions(filter, 'groups'))) return render(type, read, url);
      const groups = await groupsOf(tenant, read.id, url);
      return render(type, read, url, groups.length > 0 ? { groups } : {});
    },
    async create(body, { tenant, origin, id }) {
      const { resource, ignored } = readResource(type, body);
      return { read: await users.create(tenant, resource, origin, id), ignored };
    },
    async replace(id, body, { tenant, origin, check }) {
      const { resource, ignored, saysActive } = readResource(type, body);
      // A PUT that does not say `active` says nothing about access: it must not end it, nor give it back.
      const wanted = ({ active = true }: Resource): Resource => (saysActive ? resource : { ...resource, active });
      const read = await users.update(tenant, id, wanted, check, origin);
      return { read, ignored };
    },
    async patch(id, body, { tenant, origin, check }) {
      const operations = readPatch(type, body);
      let ignored: string[] = [];
      const edit = (current: Parameters<typeof applyPatch>[1]) => {
        const patched = applyPatch(type, current, operations);
        ignored = patched.ignored;
        return patched.resource;
      };
      return { read: await users.update(tenant, id, edit, check, origin), ignored };
    },
    remove: (id, { tenant, origin, check }) => users.remove(tenant, id, check, origin),
  };
}
