import { defaultRole, ownerIsNeverDowngraded, type Role } from './role.ts';
import { type GroupRole, groupsByRank, type RoleMapping, roleByMapping, roleOfGroup } from './role-mapping.ts';

/** What is known of a person whose role is to be explained. */
export interface RoleFacts {
  current: Role;
  /** displayName of each group that the person stands in. */
  groups: readonly string[];
  /** The one that counts now; empty while SCIM is off. */
  mapping: RoleMapping;
  /** The last change of the role that is known. */
  last?: { to: Role; byHand: boolean } | undefined;
}

/**
 * Why somebody has a role. `group`: the mapping gives it. `owner`: the mapping gives a lower one, and the automation lowers no owner. `hand`: set by
 * hand, which stands until the person matches another row. `kept`: the mapping gave it, and gives none now. `default`: as every new profile.
 * `underway`: the mapping gives another one, which is not applied yet. `unknown`: from before anything was noted.
 */
export const roleReasons = ['group', 'owner', 'hand', 'kept', 'default', 'underway', 'unknown'] as const;
export type RoleReason = (typeof roleReasons)[number];

export interface RoleExplanation {
  reason: RoleReason;
  /** What the mapping gives; undefined: nothing. */
  given: Role | undefined;
  /** Groups that a row of the mapping names, with its role; the first one wins. */
  because: GroupRole[];
  /** Groups that no row names. */
  others: string[];
}

/** Why a person has the role that they have, by the rules with which the role-mapper gives it. */
export function explainRole({ current, groups, mapping, last }: RoleFacts): RoleExplanation {
  const given = roleByMapping(mapping, groups);
  return {
    reason: reasonOf(current, given, last?.to === current ? last : undefined),
    given,
    because: groupsByRank(mapping, groups),
    others: groups.filter((name) => roleOfGroup(mapping, name) === undefined),
  };
}

function reasonOf(current: Role, given: Role | undefined, last: RoleFacts['last']): RoleReason {
  if (given === current) return 'group';
  if (given !== undefined && !ownerIsNeverDowngraded(current, given)) return 'owner';
  if (last?.byHand) return 'hand';
  if (given !== undefined) return 'underway';
  if (last) return 'kept';
  return current === defaultRole ? 'default' : 'unknown';
}
