import type { NewProfile, TeamCommand } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';
import { TeamRefusal } from '@claras/ports/core-app/core-app';
import type { Draft } from './draft.ts';
import { emailOwnerKey, markedByHand, ownersKey, type Person, personKey, save, withStatus } from './person.ts';

/** A change by hand. It takes no sequence, and stands until the next event about that facet. Throws {@link TeamRefusal}. */
export function applyByHand(draft: Draft, id: string, command: TeamCommand, time: number): Profile {
  const person = draft.get<Person>(personKey(id));
  if (!person) throw new TeamRefusal('not-found', 'there is no such profile');
  const after = commanded(person, command);
  if (after === person) return person.profile;
  lastActiveOwnerStays(draft, person.profile, after.profile);
  save(draft, person, after, { cause: 'hand', ...(command.by === undefined ? {} : { by: command.by }) }, time);
  return after.profile;
}

function commanded(person: Person, command: TeamCommand): Person {
  const { profile } = person;
  if (command.command === 'change-role') {
    if (profile.role === command.role) return person;
    return markedByHand({ ...person, profile: { ...profile, role: command.role } }, 'role', true);
  }
  if (command.command === 'restore' && command.unlessCurrentRole === profile.role)
    throw new TeamRefusal('current-role', `who is ${profile.role} is not restored so`);
  const status = command.command === 'archive' ? 'archived' : 'active';
  return profile.status === status ? person : markedByHand(withStatus(person, status), 'access', true);
}

/** "The last active Owner of a tenant cannot be demoted or archived by hand" (M11). */
function lastActiveOwnerStays(draft: Draft, was: Profile, is: Profile): void {
  const counted = was.role === 'owner' && was.status === 'active';
  const still = is.role === 'owner' && is.status === 'active';
  if (!counted || still) return;
  const others = (draft.get<string[]>(ownersKey) ?? []).filter((id) => id !== was.id);
  if (others.length === 0) throw new TeamRefusal('last-owner', 'the last active owner stays');
}

/** A profile that SCIM does not know: made by a sign-in or by hand. */
export function createByHand(draft: Draft, { email, displayName, role }: NewProfile, id: string, time: number): Profile {
  if (draft.get(emailOwnerKey(email)) !== undefined) throw new TeamRefusal('email-taken', 'a profile has this e-mail address already');
  const profile: Profile = { id, email, displayName, role, status: 'active' };
  save(draft, undefined, { profile, fences: { identity: 0, role: 0, access: 0 }, generation: 0, adopted: false }, { cause: 'hand' }, time);
  return profile;
}
