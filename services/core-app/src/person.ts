import type { ByHand } from '@claras/contracts/core-app';
import type { Profile, TeamFact } from '@claras/contracts/events';
import { emailKey } from '@claras/domain/email';
import { isBillable } from '@claras/domain/seat';
import { keyPart } from '@claras/ports/store/key-part';
import type { Draft } from './draft.ts';

export type Facet = 'identity' | 'role' | 'access';

/** What the core app keeps of a person: one document, since one queue writes a tenant's profiles and a change touches one of them. */
export interface Person {
  profile: Profile;
  /** The last sequence that each facet obeyed, of the SCIM user that is linked now. */
  fences: Record<Facet, number>;
  /** Grows with each archive: a session of an earlier generation never works again. */
  generation: number;
  /** It was there before SCIM linked it: its e-mail may only move inside the provider's domains. */
  adopted: boolean;
  /** Why the identity of its fence was refused: said again when that change comes again, since its answer may have been lost. */
  refused?: string;
  byHand?: ByHand;
}

/** What is known of a SCIM user: the profile that it is linked to, or what waits until its identity arrives. */
export interface Link {
  profile?: string;
  /** Sequence at which the SCIM user was deleted: nothing later about it counts. `profile` is the one that it had. */
  removed?: number;
  fence?: number;
  /** Why the identity of the fence was refused, as in {@link Person}. */
  refused?: string;
  role?: { role: Profile['role']; sequence: number; unlessCurrentRole?: Profile['role'] };
  access?: { access: Profile['status']; sequence: number };
}

export const personKey = (id: string) => `profile:${id}`;
export const linkKey = (scimId: string) => `scim:${scimId}`;
export const emailOwnerKey = (email: string) => `email:${keyPart(emailKey(email))}`;
/** Profile of the SCIM user that took this userName last; whether it still has it, the profile says. */
export const loginKey = (userName: string) => `login:${keyPart(emailKey(userName))}`;
/** Ids of the active owners, in one document, so that two owners demoted at once cannot leave none. */
export const ownersKey = 'owners';
export const profilesIndex = 'profiles';
/** Its size is the number of seats. */
export const activeIndex = 'active';

const isActiveOwner = (profile: Profile | undefined): boolean => profile?.role === 'owner' && profile.status === 'active';

/** SCIM, with the trace of its request, or a hand on the Team page: `by` whom, where that is known. */
export interface Cause {
  cause: 'scim' | 'hand';
  by?: string;
  traceparent?: string | undefined;
}

/** Writes a person with everything that follows from it: e-mail, seats, owners, and the facts that others hear of. */
export function save(draft: Draft, before: Person | undefined, after: Person, cause: Cause, time: number): void {
  const { profile } = after;
  const was = before?.profile;
  draft.put(personKey(profile.id), after);
  if (!before) draft.stand(profilesIndex, profile.id, true);
  if (was?.email !== profile.email) {
    if (was?.email) draft.remove(emailOwnerKey(was.email));
    if (profile.email) draft.put(emailOwnerKey(profile.email), profile.id);
  }
  if (profile.userName !== undefined && was?.userName !== profile.userName) draft.put(loginKey(profile.userName), profile.id);
  if (!was || isBillable(was) !== isBillable(profile)) draft.stand(activeIndex, profile.id, isBillable(profile));
  const owners = isActiveOwner(was) === isActiveOwner(profile) ? undefined : ownersWith(draft, profile);
  if (owners) draft.put(ownersKey, owners);
  const { traceparent, ...said } = cause;
  const linked = was && was.scimId === undefined && profile.scimId !== undefined;
  const data = {
    profile,
    ...said,
    ...(was ? { before: { role: was.role, status: was.status } } : {}),
    ...(linked ? { linked } : {}),
    ...(owners ? { owners: owners.length } : {}),
  };
  for (const type of facts(was, profile))
    draft.event({
      type,
      subject: `Profiles/${profile.id}`,
      time: new Date(time).toISOString(),
      ...(traceparent ? { traceparent } : {}),
      data,
    });
}

function ownersWith(draft: Draft, profile: Profile): string[] {
  const others = (draft.get<string[]>(ownersKey) ?? []).filter((id) => id !== profile.id);
  return isActiveOwner(profile) ? [...others, profile.id] : others;
}

function facts(was: Profile | undefined, is: Profile): TeamFact['type'][] {
  if (!was) return ['profile.created'];
  const found: TeamFact['type'][] = [];
  if (identityOf(was) !== identityOf(is)) found.push('profile.updated');
  if (was.role !== is.role) found.push('profile.role.changed');
  if (was.status !== is.status) found.push(is.status === 'archived' ? 'profile.archived' : 'profile.restored');
  return found;
}

const identityOf = ({ scimId, email, userName, displayName, givenName, familyName }: Profile): string =>
  JSON.stringify([scimId, email, userName, displayName, givenName, familyName]);

/** With a mark that a hand set this facet last, or without it. */
export const markedByHand = ({ byHand, ...person }: Person, facet: 'role' | 'access', marked: boolean): Person => {
  const { [facet]: _, ...others } = byHand ?? {};
  const marks = marked ? { ...others, [facet]: true as const } : others;
  return { ...person, ...(Object.keys(marks).length > 0 ? { byHand: marks } : {}) };
};

/** With another status; an archive ends every session that is open. */
export const withStatus = (person: Person, status: Profile['status']): Person => ({
  ...person,
  profile: { ...person.profile, status },
  generation: person.generation + (status === 'archived' && person.profile.status === 'active' ? 1 : 0),
});
