import type { AccessChange, CoreChange, CoreOutcome, IdentityChange, IdentityRemoval, RoleChange } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';
import { domainOf, emailKey } from '@claras/domain/email';
import { defaultRole } from '@claras/domain/role';
import type { Draft } from './draft.ts';
import {
  type Cause,
  emailOwnerKey,
  type Facet,
  type Link,
  linkKey,
  loginKey,
  markedByHand,
  type Person,
  personKey,
  save,
  withStatus,
} from './person.ts';

const stale: CoreOutcome = { outcome: 'stale' };
const applied: CoreOutcome = { outcome: 'applied' };
const unchanged: CoreOutcome = { outcome: 'unchanged' };
const refused = (reason: string): CoreOutcome => ({ outcome: 'refused', reason });
const nameTaken = 'another user is linked to the profile with this userName';
const ownerStays = (role: RoleChange['role']): CoreOutcome => refused(`the role of an ${role} is changed by hand`);

const causeOf = ({ traceparent }: CoreChange): Cause => ({ cause: 'scim', traceparent });

/** What a decision may need beside the documents. */
export interface Moment {
  time: number;
  /** Id of a profile that would be made. */
  newId: string;
}

/** Documents to read before the change can be judged; those of profiles follow from what these say. */
export const keysOf = (change: CoreChange): string[] => [
  linkKey(change.user),
  ...(change.facet === 'identity' ? [loginKey(change.userName), ...(change.email ? [emailOwnerKey(change.email)] : [])] : []),
];

/** Judges one change against the draft and writes into it what follows. No I/O. */
export function applyChange(draft: Draft, change: CoreChange, moment: Moment): CoreOutcome {
  const link = draft.get<Link>(linkKey(change.user)) ?? {};
  const person = link.profile === undefined ? undefined : draft.get<Person>(personKey(link.profile));
  if (link.removed !== undefined && isReborn(change, link.removed))
    return change.facet === 'identity' ? arrival(draft, link, change, moment) : waiting(draft, link, change);
  // Roles travel in a lane of their own: one that was given before the user was deleted may come after its removal, and stays with the profile.
  if (link.removed !== undefined && !(person && change.facet === 'role' && change.sequence < link.removed)) return stale;
  if (change.facet === 'removal') return removal(draft, link, change, person, moment);
  if (!person) return change.facet === 'identity' ? arrival(draft, link, change, moment) : waiting(draft, link, change);
  if (change.sequence <= person.fences[change.facet]) return change.facet === 'identity' ? notNewer(person.refused) : stale;
  const fenced = { ...person, fences: { ...person.fences, [change.facet]: change.sequence } };
  const { after, outcome } = judge(draft, fenced, change);
  save(draft, person, after, causeOf(change), moment.time);
  return outcome;
}

/** The directory has a user whose deletion was lost with the history that it stood in (a failover, say). */
const isReborn = (change: CoreChange, removed: number): change is Exclude<CoreChange, IdentityRemoval> =>
  change.facet !== 'removal' && change.restated === true && change.sequence > removed;

/** While the last identity stands refused, one that comes again hears so: its answer, or that of a later try, may have been lost. */
const notNewer = (reason: string | undefined): CoreOutcome => (reason === undefined ? stale : refused(reason));

interface Judged {
  after: Person;
  outcome: CoreOutcome;
}

function judge(draft: Draft, person: Person, change: IdentityChange | RoleChange | AccessChange): Judged {
  if (change.facet === 'identity') return identity(draft, person, change);
  if (change.restated && person.byHand?.[change.facet]) return { after: person, outcome: { ...unchanged, reason: 'set by hand' } };
  const told = markedByHand(person, change.facet, false);
  if (change.facet === 'role') return role(told, change);
  return told.profile.status === change.access
    ? { after: told, outcome: unchanged }
    : { after: withStatus(told, change.access), outcome: applied };
}

/** Why a linked profile cannot have this identity. */
function objection(draft: Draft, { profile, adopted }: Person, { userName, email, linkDomains }: IdentityChange): string | undefined {
  const named = holderOf(draft, userName);
  if (named?.profile.scimId !== undefined && named.profile.id !== profile.id) return nameTaken;
  if (!email || email === profile.email) return undefined;
  const owner = draft.get<string>(emailOwnerKey(email));
  if (owner !== undefined && owner !== profile.id) return 'another profile has this e-mail address';
  if (adopted && !linkDomains.includes(domainOf(email)))
    return 'the profile was there before SCIM, and the new e-mail is outside the provider’s domains';
  return undefined;
}

function identity(draft: Draft, { refused: _, ...person }: Person, change: IdentityChange): Judged {
  const { profile } = person;
  const reason = objection(draft, person, change);
  if (reason !== undefined) return { after: { ...person, refused: reason }, outcome: refused(reason) };
  const after = { ...person, profile: identified(profile, change) };
  const same = JSON.stringify(after.profile) === JSON.stringify(identified(profile, profileAsIdentity(profile)));
  return { after, outcome: same ? unchanged : applied };
}

/** "For security reasons, this automation will not downgrade the role of someone who is an Owner": told as `unlessCurrentRole`. */
function role(person: Person, { role: wanted, unlessCurrentRole }: Pick<RoleChange, 'role' | 'unlessCurrentRole'>): Judged {
  if (person.profile.role === wanted) return { after: person, outcome: unchanged };
  if (person.profile.role === unlessCurrentRole) return { after: person, outcome: ownerStays(unlessCurrentRole) };
  return { after: { ...person, profile: { ...person.profile, role: wanted } }, outcome: applied };
}

type Identity = Pick<IdentityChange, 'userName' | 'displayName'> & Partial<Pick<IdentityChange, 'email' | 'givenName' | 'familyName'>>;
const profileAsIdentity = ({ userName = '', ...profile }: Profile): Identity => ({ ...profile, userName });

const identified = ({ id, scimId, role, status }: Profile, { userName, email, displayName, givenName, familyName }: Identity): Profile => ({
  id,
  ...(scimId === undefined ? {} : { scimId }),
  ...(email === undefined ? {} : { email }),
  userName,
  displayName,
  ...(givenName === undefined ? {} : { givenName }),
  ...(familyName === undefined ? {} : { familyName }),
  role,
  status,
});

/** A role or an access before its identity: remembered, no profile and no seat. */
function waiting(draft: Draft, link: Link, change: RoleChange | AccessChange): CoreOutcome {
  const { sequence } = change;
  if (sequence <= (link[change.facet]?.sequence ?? 0)) return stale;
  // The rule about owners holds for the role that waits, as it will for the profile.
  if (change.facet === 'role' && link.role && link.role.role === change.unlessCurrentRole) {
    draft.put(linkKey(change.user), { ...link, role: { ...link.role, sequence } });
    return ownerStays(link.role.role);
  }
  const { facet, user, restated: _, traceparent: __, ...rest } = change;
  draft.put(linkKey(user), { ...link, [facet]: rest });
  return applied;
}

/** The first identity of a SCIM user: it gets the profile that is its own already, or a new one, and what waited is judged (DECISIONS 5). */
function arrival(draft: Draft, link: Link, change: IdentityChange, moment: Moment): CoreOutcome {
  if (change.sequence <= (link.fence ?? 0)) return notNewer(link.refused);
  const { removed: _, profile: own, ...waiting } = link;
  const found = ownProfile(draft, change, own);
  if (typeof found === 'string') {
    draft.put(linkKey(change.user), { ...waiting, fence: change.sequence, refused: found } satisfies Link);
    return refused(found);
  }
  const fences: Record<Facet, number> = {
    identity: change.sequence,
    role: Math.max(found.person?.fences.role ?? 0, link.role?.sequence ?? 0),
    access: Math.max(change.sequence, link.access?.sequence ?? 0),
  };
  const before = found.person;
  const blank: Person = {
    profile: { id: moment.newId, displayName: '', role: defaultRole, status: 'archived' },
    fences,
    generation: 0,
    adopted: false,
  };
  const start = before ?? blank;
  const named: Person = {
    ...start,
    fences,
    adopted: found.adopted,
    profile: identified({ ...start.profile, scimId: change.user }, change),
  };
  const ranked = link.role ? role(markedByHand(named, 'role', false), link.role).after : named;
  const first = link.access && link.access.sequence > change.sequence ? link.access.access : change.active ? 'active' : 'archived';
  save(draft, before, markedByHand(withStatus(ranked, first), 'access', false), causeOf(change), moment.time);
  draft.put(linkKey(change.user), { profile: start.profile.id } satisfies Link);
  return applied;
}

/** Who has this userName, or had it last. A key that somebody left behind with another name says nothing. */
function holderOf(draft: Draft, userName: string): Person | undefined {
  const id = draft.get<string>(loginKey(userName));
  const person = id === undefined ? undefined : draft.get<Person>(personKey(id));
  return person?.profile.userName !== undefined && emailKey(person.profile.userName) === emailKey(userName) ? person : undefined;
}

/**
 * A profile to link: its own from before it was deleted, else that of the deleted SCIM user with this userName (M23), else by e-mail inside the
 * provider's domains (M18). Or why not.
 */
function ownProfile(draft: Draft, change: IdentityChange, own: string | undefined): { person?: Person; adopted: boolean } | string {
  const holderId = change.email ? draft.get<string>(emailOwnerKey(change.email)) : undefined;
  const named = holderOf(draft, change.userName);
  // It is gone or has another name by now; whoever reads in order, or a snapshot to its end, has heard so.
  if (named?.profile.scimId !== undefined) return nameTaken;
  const former = own === undefined ? named : draft.get<Person>(personKey(own));
  if (former && former.profile.scimId === undefined && (holderId === undefined || holderId === former.profile.id))
    return { person: former, adopted: former.adopted };
  const holder = holderId === undefined ? undefined : draft.get<Person>(personKey(holderId));
  if (!holder) return { adopted: false };
  if (holder.profile.scimId !== undefined) return 'another user is linked to the profile with this e-mail address';
  if (!change.linkDomains.includes(domainOf(change.email as string)))
    return 'a profile has this e-mail address, and it is outside the provider’s domains';
  return { person: holder, adopted: true };
}

/** DELETE: the profile is archived and unlinked, and waits for a user with the same userName. */
function removal(draft: Draft, link: Link, change: IdentityRemoval, person: Person | undefined, { time }: Moment): CoreOutcome {
  const { user, sequence } = change;
  if (sequence <= (person?.fences.identity ?? link.fence ?? 0)) return stale;
  draft.put(linkKey(user), { removed: sequence, ...(person ? { profile: person.profile.id } : {}) } satisfies Link);
  if (!person) return unchanged;
  const archived = withStatus(person, 'archived');
  const { scimId: _, ...profile } = archived.profile;
  save(draft, person, { ...archived, profile }, causeOf(change), time);
  return applied;
}
