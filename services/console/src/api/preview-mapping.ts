import type { MappingPreview } from '@claras/contracts/console-api';
import type { Profile } from '@claras/contracts/events';
import type { Groups } from '@claras/directory/groups';
import type { Durable } from '@claras/directory/transact';
import { previewMapping } from '@claras/domain/mapping-preview';
import { type Role, roles } from '@claras/domain/role';
import { type RoleMapping, roleOfGroup } from '@claras/domain/role-mapping';
import { isBillable } from '@claras/domain/seat';
import type { Team } from '@claras/ports/core-app/core-app';
import { everyone } from './everyone.ts';
import { groupsThatCount } from './mapped-groups.ts';

/** Of each list; the totals count everyone. */
const mostShown = 500;

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
  const counts = (name: string) => Boolean(roleOfGroup(before, name) ?? roleOfGroup(after, name));
  const groupsOf = await groupsThatCount({ durable, groups }, tenant, counts);

  const found: Omit<MappingPreview, 'inForce' | 'version'> = {
    checked: 0,
    changes: { total: 0, items: [] },
    owners: { total: 0, items: [] },
    roles: roles.toReversed().map((role) => ({ role, before: 0, after: 0 })),
    seats: { before: 0, after: 0 },
  };
  for await (const profile of everyone(team, tenant)) {
    const names = (groupsOf.get(profile.scimId ?? '') ?? []).map(({ name }) => name);
    count(found, profile, names, before, after);
  }
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
