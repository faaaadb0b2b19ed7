import { ownerIsNeverDowngraded, type Role, roles } from './role.ts';
import { newlyMatched, type RoleMapping, roleByMapping, roleOfGroup } from './role-mapping.ts';

/** A group that a mapping names, and the role that it gives. */
export interface GroupRole {
  group: string;
  role: Role;
}

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
  const because = groups
    .flatMap((group) => {
      const role = roleOfGroup(after, group);
      return role ? [{ group, role }] : [];
    })
    .sort((a, b) => roles.indexOf(b.role) - roles.indexOf(a.role));
  return ownerIsNeverDowngraded(current, wanted) ? { kind: 'changes', to: wanted, because } : { kind: 'owner-stays', wanted, because };
}
