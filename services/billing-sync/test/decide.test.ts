import type { Profile, TeamEvent, TeamFact } from '@claras/contracts/events';
import t from 'tap';
import { afterBilling, marked, seatsChangedAt, seatsKey, untilDue } from '../src/decide.ts';

const profile: Profile = { id: 'p', displayName: 'Anna', role: 'adviser', status: 'active' };
const event = (sequence: number, type: TeamFact['type']): TeamEvent =>
  ({
    type,
    data: { profile, cause: 'scim' },
    id: 'e',
    subject: '',
    tenant: 'acme',
    sequence,
    time: '2026-01-01T00:00:00.000Z',
  }) as TeamEvent;

t.test('M24 seats may change when a profile is created, archived or restored, and at no other time', async (t) => {
  t.equal(seatsChangedAt([event(1, 'profile.created'), event(2, 'profile.updated')]), 1);
  t.equal(seatsChangedAt([event(3, 'profile.archived'), event(4, 'profile.restored')]), 4);
  t.equal(seatsChangedAt([event(5, 'profile.updated'), event(6, 'profile.role.changed')]), undefined);
});

t.test('M25 the first change starts the window, later ones do not move it', async (t) => {
  const first = marked(undefined, 3, 1000);
  t.strictSame(first, { sequence: 3, since: 1000 });
  t.strictSame(marked(first, 9, 1900), { sequence: 9, since: 1000 });
  t.strictSame(marked(first, 2, 1900), { sequence: 3, since: 1000 }, 'an old event lowers nothing');
  t.equal(untilDue(first, 1400), 600);
  t.equal(untilDue(first, 2500), 0);
});

t.test('M24 a tenant stays dirty when something came after the count', async (t) => {
  t.equal(afterBilling({ sequence: 9, since: 1000 }, 9, 5000), undefined);
  t.strictSame(afterBilling({ sequence: 10, since: 1000 }, 9, 5000), { sequence: 10, since: 5000 });
});

t.test('M24 the idempotency key holds every parameter', async (t) => {
  t.equal(seatsKey('acme', { active: 12, version: 34 }, Date.UTC(2026, 0, 2, 23)), 'acme:34:12:2026-01-02');
});
