import { highestPrivilegeWins, type Role, roles } from './role.ts';

/** The Role Mapping tab: zero or more group names for each role, as the owner typed them. */
export type RoleMapping = Partial<Record<Role, readonly string[]>>;

/** Names match a group's displayName after trimming, Unicode NFKC and case folding (M6): by upper case first, so that ß and SS are one. */
export const groupNameKey = (name: string): string => name.normalize('NFKC').trim().toUpperCase().toLowerCase();

/** Role that a mapping gives to members of one group, by the group's displayName; undefined where no name matches. */
export function roleOfGroup(mapping: RoleMapping, displayName: string): Role | undefined {
  const key = groupNameKey(displayName);
  return highestPrivilegeWins(roles.filter((role) => mapping[role]?.some((name) => groupNameKey(name) === key)));
}

/**
 * The role to be set for somebody who matches `role` now and matched `last` before. Undefined: nothing to set, since no group matches, or the
 * same role as before (what was changed by hand since then stands).
 */
export const newlyMatched = (role: Role | undefined, last: Role | undefined): Role | undefined => (role === last ? undefined : role);

/**
 * The role that the mapping gives to a member of these groups. Undefined means "no group matches", which is
 * "we won't change their role": a new profile gets the default, an existing one keeps what it has (M5, M9).
 */
export function roleByMapping(mapping: RoleMapping, groupNames: Iterable<string>): Role | undefined {
  const found: Role[] = [];
  for (const name of groupNames) {
    const role = roleOfGroup(mapping, name);
    if (role) found.push(role);
  }
  return highestPrivilegeWins(found);
}

/** A group that a mapping names, and the role that it gives. */
export interface GroupRole {
  group: string;
  role: Role;
}

/** Of these groups the ones that a mapping names: the one that wins first. */
export const groupsByRank = (mapping: RoleMapping, groupNames: readonly string[]): GroupRole[] =>
  groupNames
    .flatMap((group) => {
      const role = roleOfGroup(mapping, group);
      return role ? [{ group, role }] : [];
    })
    .sort((a, b) => roles.indexOf(b.role) - roles.indexOf(a.role));
