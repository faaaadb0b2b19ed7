import type { DirectoryEvent, DirectoryFact } from '@claras/contracts/events';
import t from 'tap';
import { decide } from '../src/decide.ts';

const event = (sequence: number, fact: DirectoryFact): DirectoryEvent =>
  ({ ...fact, id: 'e', subject: '', tenant: 'acme', sequence, time: '2026-01-01T00:00:00.000Z' }) as DirectoryEvent;
const updated = (sequence: number, active: boolean, changed: string[]) =>
  event(sequence, { type: 'user.updated', data: { user: { id: 'u1', userName: 'anna', active }, changed } });

t.test('M21 active=false archives, active=true restores', async (t) => {
  t.strictSame(decide([updated(4, false, ['title', 'active']), updated(5, true, ['active'])]), [
    { facet: 'access', user: 'u1', sequence: 4, access: 'archived' },
    { facet: 'access', user: 'u1', sequence: 5, access: 'active' },
  ]);
});

t.test('M21 M23 a deleted user is archived', async (t) => {
  t.strictSame(decide([event(7, { type: 'user.deleted', data: { id: 'u1', userName: 'anna' } })]), [
    { facet: 'access', user: 'u1', sequence: 7, access: 'archived' },
  ]);
});

t.test('M22 nothing else touches access: not names, not groups, not the mapping, not a new user', async (t) => {
  t.strictSame(
    decide([
      updated(1, false, ['displayName']),
      event(2, { type: 'user.created', data: { user: { id: 'u1', userName: 'anna', active: false } } }),
      event(3, { type: 'group.members.changed', data: { group: 'g', added: [], removed: ['u1'] } }),
      event(4, { type: 'group.deleted', data: { id: 'g' } }),
      event(5, { type: 'provisioning.changed', data: { provisioning: null } }),
    ]),
    [],
  );
});

t.test('a snapshot restates everyone’s access', async (t) => {
  const users = [
    { id: 'u1', userName: 'a', active: true },
    { id: 'u2', userName: 'b', active: false },
  ];
  const event = { type: 'snapshot.users', data: { users }, sequence: 9 } as DirectoryEvent;
  t.strictSame(decide([event]), [
    { facet: 'access', user: 'u1', sequence: 9, access: 'active', restated: true },
    { facet: 'access', user: 'u2', sequence: 9, access: 'archived', restated: true },
  ]);
});
