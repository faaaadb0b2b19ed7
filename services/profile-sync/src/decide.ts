import type { CoreChange, IdentityChange } from '@claras/contracts/core-app';
import type { ChangeResult, DirectoryEvent, UserSnapshot } from '@claras/contracts/events';
import { identityOf } from '@claras/domain/identity';

/** What is remembered of a tenant. */
export interface Known {
  /** Domains of the tenant's SCIM provider: where an e-mail address may link a profile that existed before. Empty while SCIM is off. */
  domains: readonly string[];
  /** Identities that the core app refused, by user: tried again when the cause may be gone. */
  refused: Readonly<Record<string, IdentityChange>>;
  /** Sequence at which the last snapshot began. */
  snapshot?: number;
}

export const nothingKnown: Known = { domains: [], refused: {} };

/** Top-level SCIM attributes that an identity is made of. */
const ofIdentity = ['userName', 'displayName', 'name', 'emails'];
const mostRefused = 500;

/** What the events change in profiles' identities, one by one, and what is known after the last. */
export function decide(known: Known, events: readonly DirectoryEvent[]): { known: Known; changes: CoreChange[] } {
  const changes: CoreChange[] = [];
  let after = known;
  const say = (user: UserSnapshot, sequence: number, more = {}) => changes.push({ ...identity(user, sequence, after.domains), ...more });
  for (const event of events) {
    const { sequence } = event;
    if (event.type === 'provisioning.changed') after = { ...after, domains: event.data.provisioning?.domains ?? [] };
    else if (event.type === 'snapshot.started')
      // Whoever exists is named behind it; who is not named, and was refused, is not to be made.
      after = { domains: event.data.provisioning?.domains ?? [], refused: {}, snapshot: sequence };
    else if (event.type === 'snapshot.users') for (const user of event.data.users) say(user, sequence, { restated: true });
    else if (event.type === 'user.created') say(event.data.user, sequence);
    else if (event.type === 'user.updated' && event.data.changed.some((attribute) => ofIdentity.includes(attribute)))
      say(event.data.user, sequence);
    else if (event.type === 'user.deleted') changes.push({ facet: 'removal', user: event.data.id, sequence });
  }
  return { known: after, changes };
}

const identity = (user: UserSnapshot, sequence: number, linkDomains: readonly string[]): IdentityChange => ({
  facet: 'identity',
  user: user.id,
  sequence,
  ...identityOf(user),
  active: user.active,
  linkDomains: [...linkDomains],
});

/** With what the core app refused now, and without what it took. */
export function withResults(known: Known, changes: readonly CoreChange[], results: readonly ChangeResult[]): Known {
  const refused = { ...known.refused };
  for (const [n, change] of changes.entries()) {
    if (change.facet !== 'identity' && change.facet !== 'removal') continue;
    delete refused[change.user];
    if (change.facet === 'identity' && results[n]?.outcome === 'refused' && change.sequence > (known.snapshot ?? 0))
      refused[change.user] = change;
  }
  const kept = Object.entries(refused);
  const isSame = kept.length === 0 && Object.keys(known.refused).length === 0;
  return isSame ? known : { ...known, refused: Object.fromEntries(kept.slice(-mostRefused)) };
}

/** With what was said of their access since: a retry must not give back what was taken meanwhile. */
export function withAccess(known: Known, events: readonly DirectoryEvent[]): Known {
  let { refused } = known;
  for (const event of events) {
    if (event.type !== 'user.updated') continue;
    const { id, active } = event.data.user;
    const waits = Object.hasOwn(refused, id) ? refused[id] : undefined;
    if (waits && waits.sequence < event.sequence && waits.active !== active) refused = { ...refused, [id]: { ...waits, active } };
  }
  return refused === known.refused ? known : { ...known, refused };
}

/** An address may be free behind it, or a domain allowed. */
const mayFree = (event: DirectoryEvent): boolean =>
  event.type === 'user.deleted' ||
  event.type === 'provisioning.changed' ||
  event.type === 'snapshot.finished' ||
  (event.type === 'user.updated' && (event.data.changed.includes('emails') || event.data.changed.includes('userName')));

/** What was refused before the last event that may have taken away the cause, to be tried again as of that event. */
export function retries({ refused, domains }: Known, events: readonly DirectoryEvent[]): IdentityChange[] {
  const sequence = events.findLast(mayFree)?.sequence ?? 0;
  return Object.values(refused)
    .filter((change) => change.sequence < sequence)
    .map((change) => ({ ...change, sequence, linkDomains: [...domains] }));
}

/** A snapshot that would archive most of the people is rather a directory that lost something. */
export const wouldArchiveMost = (unnamed: number, named: number): boolean => unnamed > 20 && unnamed > named;
