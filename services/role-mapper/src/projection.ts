import type { Fact } from '@claras/contracts/events';
import type { RoleMapping } from '@claras/domain/role-mapping';
import type { Entry } from '@claras/ports/store/store';
import type { ProjectionChange } from '@claras/service-kit/position';
import type { Turn } from '@claras/service-kit/turn';
import type { Member, Projection } from './decide.ts';

const mappingKey = 'mapping';
const restatingKey = 'restating';
const userKey = (id: string) => `user:${id}`;
const groupKey = (id: string) => `group:${id}`;

/** Index of the users that stand in a group. */
export const membersIndex = (group: string) => `members:${group}`;
/** Index of the users that stand in any group. */
export const usersIndex = 'users';

/** What is known of these users, the names of these groups and of all that the users stand in, and the mapping. */
export async function gather(read: Turn<Fact>['read'], users: readonly string[], named: readonly string[]): Promise<Projection> {
  const ids = [...new Set(users)];
  const [mapping, restating, ...known] = await read<unknown>([mappingKey, restatingKey, ...ids.map(userKey)]);
  const members = found<Member>(ids, known);
  const groups = [...new Set([...named, ...[...members.values()].flatMap(({ groups }) => groups)])];
  return {
    mapping: (mapping?.value ?? {}) as RoleMapping,
    members,
    groups: found<string>(groups, groups.length > 0 ? await read(groups.map(groupKey)) : []),
    restating: restating !== undefined,
  };
}

const found = <T>(ids: readonly string[], entries: readonly (Entry<unknown> | undefined)[]): Map<string, T> =>
  new Map(entries.flatMap((entry, n) => (entry ? [[ids[n]!, entry.value as T]] : [])));

/** The writes that lead from one projection to the other. */
export function describe(before: Projection, after: Projection): Required<Pick<ProjectionChange, 'put' | 'remove' | 'index'>> {
  const put: Record<string, unknown> = {};
  const remove: string[] = [];
  const index: Record<string, { add: string[]; remove: string[] }> = {};
  const indexed = (name: string) => (index[name] ??= { add: [], remove: [] });

  if (after.mapping !== before.mapping) put[mappingKey] = after.mapping;
  if (after.restating && !before.restating) put[restatingKey] = true;
  if (!after.restating && before.restating) remove.push(restatingKey);
  for (const [id, name] of after.groups) if (before.groups.get(id) !== name) put[groupKey(id)] = name;
  for (const user of new Set([...before.members.keys(), ...after.members.keys()])) {
    const was = before.members.get(user);
    const is = after.members.get(user);
    if (was === is) continue;
    if (is) put[userKey(user)] = is;
    else remove.push(userKey(user));
    if (!was || !is) indexed(usersIndex)[is ? 'add' : 'remove'].push(user);
    for (const group of is?.groups ?? []) if (!was?.groups.includes(group)) indexed(membersIndex(group)).add.push(user);
    for (const group of was?.groups ?? []) if (!is?.groups.includes(group)) indexed(membersIndex(group)).remove.push(user);
  }
  return { put, remove, index };
}

/** What a deleted group leaves behind when its last member is gone. */
export const withoutGroup = (group: string): Required<Pick<ProjectionChange, 'remove' | 'drop'>> => ({
  remove: [groupKey(group)],
  drop: [membersIndex(group)],
});
