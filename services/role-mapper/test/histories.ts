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
