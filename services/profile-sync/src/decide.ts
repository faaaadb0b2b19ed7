import type { CoreChange, IdentityChange } from '@claras/contracts/core-app';
import type { DirectoryEvent, UserSnapshot } from '@claras/contracts/events';
import { identityOf } from '@claras/domain/identity';

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

const identity = (user: UserSnapshot, sequence: number, linkDomains: LinkDomains): IdentityChange => ({
  facet: 'identity',
  user: user.id,
  sequence,
  ...identityOf(user),
  active: user.active,
  linkDomains: [...linkDomains],
});
