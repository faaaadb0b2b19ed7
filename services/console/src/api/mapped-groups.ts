import type { Groups } from '@claras/directory/groups';
import { groupKind } from '@claras/directory/kinds';
import { all } from '@claras/directory/look-up';
import type { Durable } from '@claras/directory/transact';

export interface GroupOfUser {
  id: string;
  name: string;
}

/** Of each user, the groups that count. `counts`: whether a group of that name does. */
export async function groupsThatCount(
  { durable, groups }: { durable: Durable; groups: Groups },
  tenant: string,
  counts: (name: string) => boolean,
): Promise<Map<string, GroupOfUser[]>> {
  const found = new Map<string, GroupOfUser[]>();
  for await (const page of all(durable, groupKind, tenant))
    for (const { id, resource } of page) {
      const name = String(resource.displayName);
      if (!counts(name)) continue;
      for (const user of await groups.members(tenant, id)) found.set(user, [...(found.get(user) ?? []), { id, name }]);
    }
  return found;
}
