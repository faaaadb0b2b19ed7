import type { MappingPreview } from '@claras/contracts/console-api';
import type { Profile } from '@claras/contracts/events';
import type { Groups } from '@claras/directory/groups';
import { groupKind } from '@claras/directory/kinds';
import { all } from '@claras/directory/look-up';
import type { Durable } from '@claras/directory/transact';
import { previewMapping } from '@claras/domain/mapping-preview';
import { type Role, roles } from '@claras/domain/role';
import { type RoleMapping, roleOfGroup } from '@claras/domain/role-mapping';
import { isBillable } from '@claras/domain/seat';
import type { Team } from '@claras/ports/core-app/core-app';

/** Of each list; the totals count everyone. */
const mostShown = 500;
const pageSize = 1000;

export interface PreviewParts {
  durable: Durable;
  groups: Groups;
  team: Team;
}

/** Who would change from what to what, and why, if `after` were saved where `before` counts now. Nothing is written. */
export async function mappingPreview(
  { durable, groups, team }: PreviewParts,
  tenant: string,
  before: RoleMapping,
  after: RoleMapping,
): Promise<Omit<MappingPreview, 'inForce' | 'version'>> {
  const groupsOf = new Map<string, string[]>();
  for await (const page of all(durable, groupKind, tenant))
    for (const { id, resource } of page) {
      const name = String(resource.displayName);
      if (!roleOfGroup(before, name) && !roleOfGroup(after, name)) continue;
      for (const user of await groups.members(tenant, id)) groupsOf.set(user, [...(groupsOf.get(user) ?? []), name]);
    }

  const found: Omit<MappingPreview, 'inForce' | 'version'> = {
    checked: 0,
    changes: { total: 0, items: [] },
    owners: { total: 0, items: [] },
    roles: roles.toReversed().map((role) => ({ role, before: 0, after: 0 })),
    seats: { before: 0, after: 0 },
  };
  for await (const profile of everyone(team, tenant)) count(found, profile, groupsOf.get(profile.scimId ?? '') ?? [], before, after);
  return found;
}

function count(
  found: Omit<MappingPreview, 'inForce' | 'version'>,
  profile: Profile,
  groups: readonly string[],
  before: RoleMapping,
  after: RoleMapping,
): void {
  found.checked++;
  const verdict = previewMapping(profile.role, groups, before, after);
  const { id, displayName, email, status, role } = profile;
  const who = { id, displayName, status, ...(email === undefined ? {} : { email }) };
  if (verdict.kind === 'changes' && ++found.changes.total <= mostShown)
    found.changes.items.push({ profile: who, from: role, to: verdict.to, because: verdict.because });
  if (verdict.kind === 'owner-stays' && ++found.owners.total <= mostShown)
    found.owners.items.push({ profile: who, wanted: verdict.wanted, because: verdict.because });
  const becomes: Role = verdict.kind === 'changes' ? verdict.to : role;
  for (const line of found.roles) {
    if (line.role === role) line.before++;
    if (line.role === becomes) line.after++;
  }
  if (!isBillable(profile)) return;
  found.seats.before++;
  found.seats.after++; // a role is no seat
}

async function* everyone(team: Team, tenant: string): AsyncGenerator<Profile> {
  for (let after: string | undefined; ; ) {
    const page = await team.list(tenant, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    yield* page.profiles;
    if (page.next === undefined) return;
    after = page.next;
  }
}
