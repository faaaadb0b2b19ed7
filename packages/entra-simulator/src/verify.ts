import { atOnce } from './at-once.ts';
import type { Client } from './client.ts';
import type { Company, Group, Person } from './company.ts';
import type { Links } from './links.ts';
import { managerTarget, readTarget, targets } from './mapping.ts';
import { countOf, expectStatus, query, type Resource, resourceIn } from './match.ts';
import type { Balance } from './provisioning.ts';

export interface Verification {
  client: Client;
  links: Links;
  company: Company;
  /** What the edge should hold in all, the users and groups of others included. */
  totals: Balance;
  /** Ids that were sent as members although they are nobody's: a group may list them or not. */
  strangers: ReadonlySet<string>;
  concurrency: number;
}

const written = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
const isUnassigned = (value: unknown): boolean => value === undefined || value === null || value === '';

async function differencesOfUser(person: Person, resource: Resource, links: Links): Promise<string[]> {
  const differences: string[] = [];
  const compare = (target: string, wanted: unknown): void => {
    const value = readTarget(resource, target);
    if (wanted === undefined ? isUnassigned(value) : value === wanted) return;
    differences.push(`user ${person.attributes.userName}: ${target} is ${written(value)}, was sent as ${written(wanted)}`);
  };
  compare('active', person.active);
  for (const target of targets) compare(target, person.attributes[target]);
  if (person.manager) compare(`${managerTarget}.value`, await links.knownUser(person.manager));
  else compare(managerTarget, undefined);
  return differences;
}

async function differencesOfGroup(group: Group, resource: Resource, { company, links, strangers }: Verification): Promise<string[]> {
  const differences: string[] = [];
  const compare = (attribute: string, value: unknown, wanted: string): void => {
    if (value !== wanted) differences.push(`group ${group.displayName}: ${attribute} is ${written(value)}, was sent as ${written(wanted)}`);
  };
  compare('displayName', resource.displayName, group.displayName);
  compare('externalId', resource.externalId, group.objectId);
  const members = new Set(Array.isArray(resource.members) ? resource.members.map((member: { value?: unknown }) => member.value) : []);
  for (const objectId of group.members) {
    const id = await links.user(objectId);
    const name = company.people.get(objectId)?.attributes.userName;
    if (!members.delete(id)) differences.push(`group ${group.displayName}: member ${name} is missing`);
  }
  for (const id of members) {
    if (!strangers.has(id as string)) differences.push(`group ${group.displayName}: ${written(id)} is a member, but should not be`);
  }
  return differences;
}

/** One or more of everything that should be there, in the state that was sent, and nothing under names that were given up. */
export async function verify(verification: Verification): Promise<string[]> {
  const { client, links, company, totals, concurrency } = verification;
  const differences: string[] = [];
  /** What cannot be read differs; the rest is still compared. */
  const looking = <T>(name: (item: T) => string, look: (item: T) => Promise<string[]>) => {
    return async (item: T): Promise<void> => {
      const found = await look(item).catch((error: Error) => [`${name(item)}: ${error.message}`]);
      differences.push(...found);
    };
  };
  const absent = (resource: 'Users' | 'Groups', attribute: string) =>
    looking<string>(
      (name) => `${attribute} ${name}`,
      async (name) => {
        const found = await query(client, `verify ${resource.toLowerCase().slice(0, -1)}`, resource, attribute, name);
        return found.map(() => `${attribute} ${name} was given up, but is found`);
      },
    );

  const lookAtUser = looking<Person>(
    (person) => `user ${person.attributes.userName}`,
    async (person) => {
      const { userName } = person.attributes;
      const found = await query(client, 'verify user', 'Users', 'userName', userName);
      if (found.length !== 1) return [`user ${userName}: found ${found.length} times`];
      links.linked(person.objectId, found[0]!.id);
      return differencesOfUser(person, found[0]!, links);
    },
  );
  const lookAtGroup = looking<Group>(
    (group) => `group ${group.displayName}`,
    async (group) => {
      const id = await links.knownGroup(group.objectId);
      const answer = await client.send({ kind: 'verify group', method: 'GET', path: `/Groups/${id}` });
      return differencesOfGroup(group, resourceIn(expectStatus(answer, 200)), verification);
    },
  );
  const lookAtTotal = looking<'Users' | 'Groups'>(
    (resource) => `number of ${resource}`,
    async (resource) => {
      const [count, wanted] = [await countOf(client, resource), totals[resource === 'Users' ? 'users' : 'groups']];
      return count === wanted ? [] : [`the edge holds ${count} ${resource}, and should hold ${wanted}`];
    },
  );

  await atOnce(concurrency, [...company.people.values()], lookAtUser);
  await atOnce(concurrency, [...company.groups.values()], lookAtGroup);
  await atOnce(concurrency, [...company.vacatedUserNames], absent('Users', 'userName'));
  await atOnce(concurrency, [...company.vacatedGroupNames], absent('Groups', 'displayName'));
  await atOnce(2, ['Users', 'Groups'] as const, lookAtTotal);
  return differences;
}
