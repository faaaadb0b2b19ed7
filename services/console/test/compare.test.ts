import type { ByHand } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';
import t from 'tap';
import { compare, type Expected, isByHand, orphaned } from '../src/verification/compare.ts';

const expected: Expected = {
  user: 'u1',
  identity: { userName: 'ann@hill.example', displayName: 'Ann Hill', email: 'ann@hill.example' },
  status: 'active',
  role: 'manager',
};
const profile: Profile = {
  id: 'p1',
  scimId: 'u1',
  userName: 'ann@hill.example',
  displayName: 'Ann Hill',
  email: 'ann@hill.example',
  role: 'manager',
  status: 'active',
};
const about = { user: 'u1', name: 'ann@hill.example', profile: 'p1' };

t.test('a profile that is what the directory says has no difference', async (t) => {
  t.strictSame(compare(expected, profile), []);
  t.strictSame(compare({ ...expected, role: undefined }, { ...profile, role: 'assistant' }), [], 'no group matches: any role is right');
  t.strictSame(compare(expected, { ...profile, role: 'owner' }), [], 'an owner stays');
});

t.test('each difference is said with what is expected and what is found', async (t) => {
  t.strictSame(compare(expected, undefined), [
    { user: 'u1', name: 'ann@hill.example', kind: 'missing', expected: 'a profile', found: 'none' },
  ]);
  t.strictSame(compare(expected, { ...profile, displayName: 'Anna', givenName: 'A' }), [
    { ...about, kind: 'identity', expected: 'displayName Ann Hill', found: 'displayName Anna' },
    { ...about, kind: 'identity', expected: 'givenName none', found: 'givenName A' },
  ]);
  t.strictSame(compare({ ...expected, status: 'archived' }, profile), [
    { ...about, kind: 'access', expected: 'archived', found: 'active' },
  ]);
  t.strictSame(compare(expected, { ...profile, role: 'adviser' }), [{ ...about, kind: 'role', expected: 'manager', found: 'adviser' }]);
});

t.test('a profile whose user is gone should have no access', async (t) => {
  t.match(orphaned({ ...profile, scimId: 'u1' }), [{ kind: 'orphan', expected: 'archived', found: 'active' }]);
  t.strictSame(orphaned({ ...profile, scimId: 'u1', status: 'archived' }), []);
});

t.test('a role and an access that a hand set are no difference to repair; everything else is', async (t) => {
  const differences = compare({ ...expected, status: 'archived' }, { ...profile, role: 'adviser', displayName: 'Anna' });
  const kinds = (marks: ByHand | undefined) => differences.filter((difference) => isByHand(difference, marks)).map(({ kind }) => kind);
  t.strictSame(kinds(undefined), []);
  t.strictSame(kinds({ role: true }), ['role']);
  t.strictSame(kinds({ access: true }), ['access']);
  t.strictSame(kinds({ role: true, access: true }), ['access', 'role']);
});
