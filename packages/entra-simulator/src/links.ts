import type { Client } from './client.ts';
import type { Company } from './company.ts';
import { match, Refused } from './match.ts';

/** Something that should be on the edge and is not. */
export class NotThere extends Refused {
  override name = 'NotThere';
}

/** The edge's ids of people and groups. What this run did not create itself is matched, once, when it is first needed. */
export interface Links {
  user(objectId: string): Promise<string | undefined>;
  group(objectId: string): Promise<string | undefined>;
  /** As `user` and `group`; throw {@link NotThere} instead of undefined. */
  knownUser(objectId: string): Promise<string>;
  knownGroup(objectId: string): Promise<string>;
  /** False for what the cycle deletes: an earlier run of it may have done so. */
  outlives(objectId: string): boolean;
  linked(objectId: string, id: string): void;
}

/**
 * `before` and `after` give the names to match by: the name before the cycle, then the one after it, in case an earlier run of the same
 * cycle was broken off half-way.
 */
export function linksBetween(client: Client, before: Company, after: Company): Links {
  const ids = new Map<string, Promise<string | undefined>>();

  async function matchNames(kind: string, resource: 'Users' | 'Groups', names: (string | undefined)[]): Promise<string | undefined> {
    for (const name of new Set(names)) {
      const found = name === undefined ? undefined : await match(client, kind, resource, name);
      if (found) return found.id;
    }
    return undefined;
  }

  function remembered(objectId: string, find: () => Promise<string | undefined>): Promise<string | undefined> {
    const known = ids.get(objectId);
    if (known) return known;
    const finding = find();
    finding.catch(() => ids.delete(objectId));
    ids.set(objectId, finding);
    return finding;
  }

  const user = (id: string) =>
    remembered(id, () => {
      const names = [before, after].map((company) => company.people.get(id)?.attributes.userName);
      return matchNames('match user', 'Users', names);
    });
  const group = (id: string) =>
    remembered(id, () => {
      const names = [before, after].map((company) => company.groups.get(id)?.displayName);
      return matchNames('match group', 'Groups', names);
    });
  const required = (id: string | undefined): string => {
    if (id === undefined) throw new NotThere('not found on the edge');
    return id;
  };

  return {
    user,
    group,
    knownUser: async (objectId) => required(await user(objectId)),
    knownGroup: async (objectId) => required(await group(objectId)),
    outlives: (objectId) => after.people.has(objectId) || after.groups.has(objectId),
    linked: (objectId, id) => void ids.set(objectId, Promise.resolve(id)),
  };
}
