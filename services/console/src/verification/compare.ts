import type { Difference } from '@claras/contracts/console-api';
import type { ByHand } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';
import type { Identity } from '@claras/domain/identity';
import { ownerIsNeverDowngraded, type Role } from '@claras/domain/role';

/** What the directory says that a profile should be. `role`: by the mapping; absent where no group matches. */
export interface Expected {
  user: string;
  identity: Identity;
  status: Profile['status'];
  role?: Role | undefined;
}

const shownFields = ['userName', 'displayName', 'email', 'givenName', 'familyName'] as const;
const said = (value: string | undefined) => value ?? 'none';

/** Where the profile of a SCIM user is not what the directory says. */
export function compare({ user, identity, status, role }: Expected, profile: Profile | undefined): Difference[] {
  const about = { user, name: identity.userName };
  if (!profile) return [{ ...about, kind: 'missing', expected: 'a profile', found: 'none' }];
  const found: Difference[] = [];
  const add = (kind: Difference['kind'], expected: string, is: string) =>
    found.push({ ...about, profile: profile.id, kind, expected, found: is });
  for (const field of shownFields)
    if (identity[field] !== profile[field]) add('identity', `${field} ${said(identity[field])}`, `${field} ${said(profile[field])}`);
  if (status !== profile.status) add('access', status, profile.status);
  if (role !== undefined && role !== profile.role && ownerIsNeverDowngraded(profile.role, role)) add('role', role, profile.role);
  return found;
}

/** A role or an access that a hand set since the directory last spoke of it: it stands until the directory does again, and nothing is to be repaired. */
export const isByHand = ({ kind }: Difference, marks: ByHand = {}): boolean =>
  (kind === 'role' || kind === 'access') && marks[kind] === true;

/** A profile of a SCIM user that the directory does not have: it should have lost its access. */
export const orphaned = (profile: Profile & { scimId: string }): Difference[] =>
  profile.status === 'archived'
    ? []
    : [
        {
          user: profile.scimId,
          name: profile.userName ?? profile.displayName,
          profile: profile.id,
          kind: 'orphan',
          expected: 'archived',
          found: 'active',
        },
      ];

/** Says which difference it is: the same one, seen twice, is not only on its way. */
export const nameOfDifference = ({ user, kind, expected, found }: Difference): string => JSON.stringify([user, kind, expected, found]);
