import type { RoleMapping } from '@claras/domain/role-mapping';
import type { Scope, Store } from '@claras/ports/store/store';
import type { ProjectionChange } from '@claras/service-kit/position';
import type { Member, Projection } from './decide.ts';

const mappingKey = 'mapping';
const restatingKey = 'restating';
const userKey = (id: string) => `user:${id}`;
const groupKey = (id: string) => `group:${id}`;

/** Index of the users that stand in a group. */
export const membersIndex = (group: string) => `members:${group}`;
/** Index of the users that stand in any group. */
export const usersIndex = 'users';

/** What the store knows of these users, the names of these groups and of all that the users stand in, and the mapping. */
export async function gather(store: Store, scope: Scope, users: readonly string[], named: readonly string[]): Promise<Projection> {
  const [[mapping, restating], members] = await Promise.all([
    store.read<Record<string, string[]> | true>(scope, [mappingKey, restatingKey]),
    readAll<Member>(store, scope, users, userKey),
  ]);
  const stoodIn = [...members.values()].flatMap(({ groups }) => groups);
  return {
    mapping: (mapping?.value ?? {}) as RoleMapping,
    members,
    groups: await readAll<string>(store, scope, [...named, ...stoodIn], groupKey),
    restating: restating !== undefined,
  };
}

async function readAll<T>(store: Store, scope: Scope, wanted: readonly string[], key: (id: string) => string): Promise<Map<string, T>> {
  const ids = [...new Set(wanted)];
  const entries = ids.length > 0 ? await store.read<T>(scope, ids.map(key)) : [];
  return new Map(entries.flatMap((entry, n) => (entry ? [[ids[n]!, entry.value]] : [])));
}

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
