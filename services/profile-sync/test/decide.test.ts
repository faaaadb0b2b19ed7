import type { DirectoryEvent, DirectoryFact } from '@claras/contracts/events';
import t from 'tap';
import { decide } from '../src/decide.ts';

let sequence = 0;
const event = (fact: DirectoryFact): DirectoryEvent =>
  ({ ...fact, id: 'e', subject: '', tenant: 'acme', sequence: ++sequence, time: '2026-01-01T00:00:00.000Z' }) as DirectoryEvent;

const anna = { id: 'u1', userName: 'anna@acme.com', active: true };
const created = (user: object) => event({ type: 'user.created', data: { user: { ...anna, ...user } } });
const updated = (changed: string[], user = {}) => event({ type: 'user.updated', data: { user: { ...anna, ...user }, changed } });
const one = (given: DirectoryEvent) => decide([], [given]).changes[0];

t.beforeEach(() => {
  sequence = 0;
});

t.test('M20 a new user gives an identity with its e-mail, names and first access', async (t) => {
  const given = created({
    displayName: 'Anna Berg',
    name: { givenName: 'Anna', familyName: 'Berg' },
    emails: [{ type: 'work', value: 'anna.berg@acme.com' }],
    active: false,
  });
  t.strictSame(decide(['acme.com'], [given]).changes, [
    {
      facet: 'identity',
      user: 'u1',
      sequence: 1,
      userName: 'anna@acme.com',
      displayName: 'Anna Berg',
      email: 'anna.berg@acme.com',
      givenName: 'Anna',
      familyName: 'Berg',
      active: false,
      linkDomains: ['acme.com'],
    },
  ]);
});

t.test('M20 a profile is never without a name: displayName, else formatted, else given and family, else userName', async (t) => {
  t.match(one(created({ displayName: ' ', name: { formatted: 'Dr. Anna Berg', givenName: 'Anna' } })), { displayName: 'Dr. Anna Berg' });
  t.match(one(created({ name: { givenName: 'Anna', familyName: 'Berg' } })), { displayName: 'Anna Berg' });
  t.match(one(created({ name: { familyName: 'Berg' } })), { displayName: 'Berg' });
  t.match(one(created({ name: 'Anna' })), { displayName: 'anna@acme.com' });
  t.match(one(created({ displayName: 'x'.repeat(3000) })), { displayName: 'x'.repeat(1024) });
});

t.test('M20 changes to names and e-mails reach the profile, others send nothing', async (t) => {
  for (const attribute of ['userName', 'displayName', 'name', 'emails'])
    t.match(one(updated(['title', attribute])), { facet: 'identity', user: 'u1' }, attribute);
  t.strictSame(decide([], [updated(['title']), updated(['active']), updated(['externalId'])]).changes, []);
});

t.test('M23 a deleted user gives a removal', async (t) => {
  const deleted = event({ type: 'user.deleted', data: { id: 'u1', userName: 'anna@acme.com' } });
  t.strictSame(decide([], [deleted]).changes, [{ facet: 'removal', user: 'u1', sequence: 1 }]);
});

t.test('M18 profiles are linked by the domains that hold where the event stands', async (t) => {
  const on = event({ type: 'provisioning.changed', data: { provisioning: { provider: 'p', domains: ['acme.com'], mapping: {} } } });
  const off = event({ type: 'provisioning.changed', data: { provisioning: null } });
  const { changes, domains } = decide([], [created({}), on, created({}), off, created({})]);
  t.match(changes, [{ linkDomains: [] }, { linkDomains: ['acme.com'] }, { linkDomains: [] }]);
  t.strictSame(domains, []);
});

t.test('events of a later version are passed over', async (t) => {
  t.strictSame(decide([], [{ ...updated(['userName']), type: 'user.merged' } as unknown as DirectoryEvent]).changes, []);
});
