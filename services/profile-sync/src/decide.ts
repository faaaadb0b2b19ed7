import type { CoreChange, IdentityChange } from '@claras/contracts/core-app';
import type { DirectoryEvent, UserSnapshot } from '@claras/contracts/events';
import { profileEmail } from '@claras/domain/email';

/** Domains of the tenant's SCIM provider: where an e-mail address may link a profile that existed before. Empty while SCIM is off. */
export type LinkDomains = readonly string[];

/** Top-level SCIM attributes that an identity is made of. */
const ofIdentity = ['userName', 'displayName', 'name', 'emails'];

/** What the events change in profiles' identities, one by one, and the domains as they are after the last. */
export function decide(domains: LinkDomains, events: readonly DirectoryEvent[]): { domains: LinkDomains; changes: CoreChange[] } {
  const changes: CoreChange[] = [];
  let linkDomains = domains;
  for (const event of events) {
    if (event.type === 'provisioning.changed') linkDomains = event.data.provisioning?.domains ?? [];
    else if (event.type === 'user.created') changes.push(identity(event.data.user, event.sequence, linkDomains));
    else if (event.type === 'user.updated' && event.data.changed.some((attribute) => ofIdentity.includes(attribute)))
      changes.push(identity(event.data.user, event.sequence, linkDomains));
    else if (event.type === 'user.deleted') changes.push({ facet: 'removal', user: event.data.id, sequence: event.sequence });
  }
  return { domains: linkDomains, changes };
}

/** Attributes of a user beyond those that every user has. */
type Named = UserSnapshot & { displayName?: unknown; name?: unknown };

function identity(user: Named, sequence: number, linkDomains: LinkDomains): IdentityChange {
  const userName = bounded(user.userName);
  const email = profileEmail(user);
  const { formatted, givenName, familyName } = nameOf(user);
  const full = [givenName, familyName].filter((part) => part !== undefined).join(' ');
  return {
    facet: 'identity',
    user: user.id,
    sequence,
    userName,
    displayName: text(user.displayName) ?? formatted ?? (full ? bounded(full) : userName),
    ...(email === undefined ? {} : { email }),
    ...(givenName === undefined ? {} : { givenName }),
    ...(familyName === undefined ? {} : { familyName }),
    active: user.active,
    linkDomains: [...linkDomains],
  };
}

/** The parts of `name` that say something (RFC 7643, 4.1.1). */
function nameOf({ name }: Named): { formatted?: string | undefined; givenName?: string | undefined; familyName?: string | undefined } {
  if (typeof name !== 'object' || name === null) return {};
  const { formatted, givenName, familyName } = name as Record<string, unknown>;
  return { formatted: text(formatted), givenName: text(givenName), familyName: text(familyName) };
}

/** What the core app takes of a text (contracts). */
const bounded = (value: string): string => value.slice(0, 1024);
const text = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? bounded(value.trim()) : undefined);
