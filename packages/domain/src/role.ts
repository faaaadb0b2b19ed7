/** Claras' roles, lowest privilege first. The order is the one of the help page: owner > manager > adviser > assistant. */
export const roles = ['assistant', 'adviser', 'manager', 'owner'] as const;
export type Role = (typeof roles)[number];

/** "By default, all new profiles will be created with the Adviser role." */
export const defaultRole: Role = 'adviser';

export const isRole = (value: unknown): value is Role => roles.includes(value as Role);

/** "Users will be assigned the highest level of privilege." Undefined when there is nothing to choose from. */
export function highestPrivilegeWins(candidates: Iterable<Role>): Role | undefined {
  let highest = -1;
  for (const role of candidates) highest = Math.max(highest, roles.indexOf(role));
  return roles[highest];
}

/** "This automation will not downgrade the role of someone who is an Owner." True when the automation may set `wanted`. */
export const ownerIsNeverDowngraded = (current: Role, wanted: Role): boolean => current !== 'owner' || wanted === 'owner';
