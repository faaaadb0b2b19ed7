import { ownerIsNeverDowngraded, type Role } from './role.ts';
import { type GroupRole, groupsByRank, newlyMatched, type RoleMapping, roleByMapping } from './role-mapping.ts';

/** What saving a mapping does to one person. `because`: the groups that count, the one that wins first. */
export type Verdict =
  | { kind: 'unchanged' }
  | { kind: 'changes'; to: Role; because: GroupRole[] }
  /** "This automation will not downgrade the role of someone who is an Owner." */
  | { kind: 'owner-stays'; wanted: Role; because: GroupRole[] };

/** What a member of `groups` with the role `current` gets when `after` is saved over `before`: the role-mapper's own rule, asked beforehand. */
export function previewMapping(current: Role, groups: readonly string[], before: RoleMapping, after: RoleMapping): Verdict {
  const wanted = newlyMatched(roleByMapping(after, groups), roleByMapping(before, groups));
  if (wanted === undefined || wanted === current) return { kind: 'unchanged' };
  const because = groupsByRank(after, groups);
  return ownerIsNeverDowngraded(current, wanted) ? { kind: 'changes', to: wanted, because } : { kind: 'owner-stays', wanted, because };
}
