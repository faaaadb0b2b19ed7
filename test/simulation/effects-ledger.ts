import { createHash } from 'node:crypto';
import type { OutgoingEvent } from '@claras/contracts/cloud-event';
import { pairsOf } from '@claras/ports/store/keyed';
import type { Change, Scope, Store } from '@claras/ports/store/store';

interface Person {
  profile: { id: string; scimId?: string; role: string; status: string };
  fences: Record<string, number>;
}

/**
 * Watches what the core app really writes, commit by commit, underneath everything that can fail: each change that takes effect is entered
 * under its facet and sequence, and none may stand there twice, go back, or come without one.
 */
export function effectsLedger(store: Store) {
  const entries = new Set<string>();
  const commits = new Set<string>();
  const people = new Map<string, Person>();
  /** How often a profile was archived; and how often it had been when a session of it began. */
  const archives = new Map<string, number>();
  const sessions = new Map<string, { profile: string; archives: number }>();
  const violations: string[] = [];

  function enter(tenant: string, before: Person | undefined, after: Person, cause: unknown): void {
    const { profile, fences } = after;
    const who = `${tenant}/${profile.id}`;
    const sameLink = before?.profile.scimId === profile.scimId;
    const moved = Object.keys(fences).filter((facet) => fences[facet] !== (before?.fences[facet] ?? 0));
    for (const facet of moved) {
      const entry = `${who} ${profile.scimId} ${facet} ${fences[facet]}`;
      if (sameLink && fences[facet]! < before!.fences[facet]!) violations.push(`the fence went back: ${entry}`);
      if (fences[facet]! > 0 && entries.has(entry)) violations.push(`twice in effect: ${entry}`);
      entries.add(entry);
    }
    const changed = JSON.stringify(before?.profile) !== JSON.stringify(profile);
    if (changed && sameLink && moved.length === 0 && cause !== 'hand') violations.push(`an effect without a sequence: ${who}`);
    if (before?.profile.role === 'owner' && profile.role !== 'owner') violations.push(`an owner was made ${profile.role}: ${who}`);
    if (before?.profile.status === 'active' && profile.status === 'archived') archives.set(who, (archives.get(who) ?? 0) + 1);
  }

  function watch(scope: Scope, { id, put, events = [] }: Change): void {
    const [service, tenant] = scope.split('/') as [string, string];
    if (service !== 'core' || commits.has(id)) return;
    commits.add(id);
    const causes = (events as OutgoingEvent[]).map(({ data }) => (data as { cause: string }).cause);
    for (const [key, value] of pairsOf(put)) {
      const place = `${tenant}/${key}`;
      if (key.startsWith('profile:')) {
        const person = structuredClone(value) as Person;
        enter(tenant, people.get(place), person, causes[0]);
        people.set(place, person);
      }
      if (key.startsWith('session:')) {
        const { profile } = value as { profile: string };
        sessions.set(place, { profile, archives: archives.get(`${tenant}/${profile}`) ?? 0 });
      }
    }
  }

  return {
    violations,
    size: () => entries.size,
    store: {
      ...store,
      async commit(scope: Scope, change: Change) {
        const result = await store.commit(scope, change);
        if (result.ok) watch(scope, change);
        return result;
      },
    } satisfies Store,
    /** True when the profile behind a session was archived after it began. */
    mustBeOver(tenant: string, token: string): boolean {
      const begun = sessions.get(`${tenant}/session:${createHash('sha256').update(token).digest('base64url')}`);
      return begun !== undefined && (archives.get(`${tenant}/${begun.profile}`) ?? 0) > begun.archives;
    },
  };
}
export type EffectsLedger = ReturnType<typeof effectsLedger>;
