import type { DirectoryEvent, DirectoryFact } from '@claras/contracts/events';
import type { Role } from '@claras/domain/role';
import type { RoleMapping } from '@claras/domain/role-mapping';
import fc from 'fast-check';

const at = (sequence: number, fact: DirectoryFact): DirectoryEvent =>
  ({ ...fact, id: 'e', subject: '', tenant: 'acme', sequence, time: '2026-01-01T00:00:00.000Z' }) as DirectoryEvent;
export const history = (facts: DirectoryFact[]): DirectoryEvent[] => facts.map((fact, n) => at(n + 1, fact));

export const user = (id: string): DirectoryFact => ({ type: 'user.created', data: { user: { id, userName: id, active: true } } });
export const userGone = (id: string): DirectoryFact => ({ type: 'user.deleted', data: { id, userName: id } });
export const group = (id: string, displayName: string): DirectoryFact => ({ type: 'group.created', data: { group: { id, displayName } } });
export const rename = (id: string, displayName: string): DirectoryFact => ({
  type: 'group.updated',
  data: { group: { id, displayName }, changed: ['displayName'] },
});
export const groupGone = (id: string): DirectoryFact => ({ type: 'group.deleted', data: { id } });
export const cleared = (id: string): DirectoryFact => ({ type: 'group.members.cleared', data: { group: id } });
export const members = (id: string, added: string[], removed: string[] = []): DirectoryFact => ({
  type: 'group.members.changed',
  data: { group: id, added, removed },
});
export const mapping = (wanted: RoleMapping): DirectoryFact => ({
  type: 'provisioning.changed',
  data: { provisioning: { provider: 'p', domains: [], mapping: wanted as Record<Role, string[]> } },
});

const ids = fc.uniqueArray(fc.constantFrom('u1', 'u2', 'u3', 'u4', 'u5'), { maxLength: 5 });
const someGroup = fc.constantFrom('g1', 'g2', 'g3');
const someName = fc.constantFrom('A', 'B', 'C', 'D');
const someNames = fc.uniqueArray(someName, { maxLength: 2 });
const someFact: fc.Arbitrary<DirectoryFact> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(someGroup, ids, ids).map(([g, added, removed]) =>
      members(
        g,
        added,
        removed.filter((id) => !added.includes(id)),
      ),
    ),
  },
  { weight: 2, arbitrary: fc.tuple(someGroup, someName).map(([g, name]) => group(g, name)) },
  { weight: 2, arbitrary: fc.tuple(someGroup, someName).map(([g, name]) => rename(g, name)) },
  { weight: 1, arbitrary: someGroup.map(groupGone) },
  { weight: 1, arbitrary: someGroup.map(cleared) },
  { weight: 1, arbitrary: fc.constantFrom('u1', 'u2').map(userGone) },
  { weight: 2, arbitrary: fc.record({ owner: someNames, manager: someNames, adviser: someNames, assistant: someNames }).map(mapping) },
);
/** As the directory gives it: a group is created once before it is used. */
export const someHistory = fc
  .array(someFact, { maxLength: 40 })
  .map((facts) => history([group('g1', 'A'), group('g2', 'B'), group('g3', 'C'), ...facts.filter(({ type }) => type !== 'group.created')]));

const started = (wanted: RoleMapping, rebuild: boolean): DirectoryFact => ({
  type: 'snapshot.started',
  data: { provisioning: { provider: 'p', domains: [], mapping: wanted as Record<Role, string[]> }, reason: 'a test', rebuild },
});
const finished: DirectoryFact = { type: 'snapshot.finished', data: { users: 0, groups: 0 } };

/** The directory as these facts leave it. */
function directoryOf(facts: readonly DirectoryFact[]) {
  const groups = new Map<string, { displayName: string; members: Set<string> }>();
  let wanted: RoleMapping = {};
  for (const { type, data } of facts) {
    if (type === 'provisioning.changed') wanted = data.provisioning?.mapping ?? {};
    if (type === 'group.created' || type === 'group.updated')
      groups.set(data.group.id, { displayName: data.group.displayName, members: groups.get(data.group.id)?.members ?? new Set() });
    if (type === 'group.deleted') groups.delete(data.id);
    if (type === 'group.members.cleared') groups.get(data.group)?.members.clear();
    if (type === 'user.deleted') for (const { members } of groups.values()) members.delete(data.id);
    if (type === 'group.members.changed') {
      for (const id of data.added) groups.get(data.group)?.members.add(id);
      for (const id of data.removed) groups.get(data.group)?.members.delete(id);
    }
  }
  return { groups, wanted };
}

/** The history with a snapshot behind its first `at` facts, whose parts stand behind every `pace` facts from there on. */
export function withSnapshot(facts: readonly DirectoryFact[], at: number, pace: number, rebuild: boolean): DirectoryFact[] {
  const given = facts.slice(0, at);
  const rest = facts.slice(at);
  const found: DirectoryFact[] = [...given, started(directoryOf(given).wanted, rebuild)];
  const goOn = () => {
    const next = rest.splice(0, pace);
    given.push(...next);
    found.push(...next);
  };
  goOn();
  const named = [...directoryOf(given).groups].map(([id, { displayName }]) => ({ id, displayName }));
  found.push({ type: 'snapshot.groups', data: { groups: named } });
  for (const { id } of named) {
    goOn();
    const members = [...(directoryOf(given).groups.get(id)?.members ?? [])];
    if (members.length > 0) found.push({ type: 'snapshot.members', data: { group: id, members } });
  }
  goOn();
  return [...found, finished, ...rest];
}
