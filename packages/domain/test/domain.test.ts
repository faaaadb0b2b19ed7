import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { apiKeyEntropy, apiKeyId, newApiKey } from '../src/api-key.ts';
import { type AuditEntry, brokenAt, chained, type Unchained } from '../src/audit-chain.ts';
import { domainOf, profileEmail } from '../src/email.ts';
import { previewMapping } from '../src/mapping-preview.ts';
import { highestPrivilegeWins, ownerIsNeverDowngraded, type Role, roles } from '../src/role.ts';
import { explainRole } from '../src/role-explanation.ts';
import { roleByMapping, roleOfGroup } from '../src/role-mapping.ts';
import { isTenantId, tenantIdFromName } from '../src/tenant.ts';

const anyRole = fc.constantFrom(...roles);

t.test('M7 users get the highest level of privilege in order of owner > manager > adviser > assistant', async (t) => {
  t.equal(highestPrivilegeWins(['assistant', 'manager', 'adviser']), 'manager');
  t.equal(highestPrivilegeWins(['adviser', 'owner', 'manager']), 'owner');
  t.equal(highestPrivilegeWins([]), undefined);
  fc.assert(
    fc.property(fc.array(anyRole, { minLength: 1 }), (candidates) => {
      const highest = highestPrivilegeWins(candidates);
      return (
        highest !== undefined && candidates.includes(highest) && candidates.every((role) => roles.indexOf(role) <= roles.indexOf(highest))
      );
    }),
  );
});

t.test('M10 the automation never lowers an owner, and may raise someone to owner', async (t) => {
  for (const wanted of roles) t.equal(ownerIsNeverDowngraded('owner', wanted), wanted === 'owner');
  for (const current of roles.slice(0, 3)) for (const wanted of roles) t.ok(ownerIsNeverDowngraded(current, wanted));
});

t.test('M6 group names match after trimming, NFKC and case folding', async (t) => {
  const mapping = { manager: ['  Team Leads '], owner: ['Ｄirectors'], assistant: ['Café'] };
  t.equal(roleOfGroup(mapping, 'team leads'), 'manager');
  t.equal(roleOfGroup(mapping, 'DIRECTORS'), 'owner', 'full-width letters are the same letters');
  t.equal(roleOfGroup(mapping, 'cafe\u0301'), 'assistant', 'composed and decomposed are one name');
  t.equal(roleOfGroup({ adviser: ['GROSSE'] }, 'Große'), 'adviser', 'full case folding');
  t.equal(roleOfGroup(mapping, 'Team  Leads'), undefined, 'spaces inside a name count');
});

t.test('M5 M9 no matching group means no change of role', async (t) => {
  t.equal(roleByMapping({}, ['Everyone']), undefined);
  t.equal(roleByMapping({ owner: [], manager: [] }, ['Everyone']), undefined);
  t.equal(roleByMapping({ manager: ['A'], assistant: ['B'] }, ['B', 'A', 'C']), 'manager');
});

t.test('a profile’s e-mail is the primary one, else work, else userName when it is an address', async (t) => {
  const work = { value: 'work@a.example', type: 'work' };
  t.equal(profileEmail({ userName: 'x@a.example', emails: [work, { value: 'p@a.example', primary: true }] }), 'p@a.example');
  t.equal(profileEmail({ userName: 'x@a.example', emails: [{ value: 'home@a.example', type: 'home' }, work] }), 'work@a.example');
  t.equal(profileEmail({ userName: 'x@a.example', emails: [{ value: 'not an address', primary: true }] }), 'x@a.example');
  t.equal(profileEmail({ userName: 'jdoe' }), undefined);
  t.equal(domainOf('Ann@Example.COM'), 'example.com');
});

t.test('a tenant’s id is made of its name', async (t) => {
  t.equal(tenantIdFromName('Hill & Sons Ltd.'), 'hill-sons-ltd');
  t.equal(tenantIdFromName('Zürich Vermögen'), 'zurich-vermogen');
  t.equal(tenantIdFromName('***'), '');
  fc.assert(fc.property(fc.string(), (name) => tenantIdFromName(name) === '' || isTenantId(tenantIdFromName(name))));
});

t.test('M13 an API key can be told from a look-alike without asking a store', async (t) => {
  for (const scopes of [['scim.full'], ['rest.full'], ['scim.full', 'rest.full']] as const) {
    const { id, value } = newApiKey(scopes, randomBytes(apiKeyEntropy));
    t.match(value, /^claras_(scim|rest|full)_[0-9A-Za-z]{11}_[0-9A-Za-z]{49}$/);
    t.equal(apiKeyId(value), id);
    t.equal(apiKeyId(value.slice(0, -1)), undefined, 'cut short');
    t.equal(apiKeyId(`${value}0`), undefined, 'made longer');
    t.equal(apiKeyId(value.slice(0, 30) + (value[30] === 'A' ? 'B' : 'A') + value.slice(31)), undefined, 'one digit changed');
  }
  t.throws(() => newApiKey(['scim.full'], new Uint8Array(10)), RangeError);
});

t.test('M6 M7 M9 M10 a preview says who changes and which group wins, who stays an owner, and that nobody else changes', async (t) => {
  const mapping = { owner: ['Board'], manager: ['Leads'], adviser: ['Team'] };
  const preview = (current: Role, groups: string[], before = {}) => previewMapping(current, groups, before, mapping);
  t.strictSame(preview('adviser', ['Team', 'Leads', 'Other']), {
    kind: 'changes',
    to: 'manager',
    because: [
      { group: 'Leads', role: 'manager' },
      { group: 'Team', role: 'adviser' },
    ],
  });
  t.match(preview('owner', ['leads ']), { kind: 'owner-stays', wanted: 'manager' });
  t.match(preview('adviser', ['Board']), { kind: 'changes', to: 'owner' });
  t.strictSame(preview('adviser', ['Other']), { kind: 'unchanged' }, 'no group matches');
  t.strictSame(preview('adviser', ['Team']), { kind: 'unchanged' }, 'it is that already');
  t.strictSame(
    preview('adviser', ['Leads'], { manager: ['Leads'] }),
    { kind: 'unchanged' },
    'changed by hand since it matched: that stands',
  );
});

t.test('M5 M7 M9 M10 M11 why somebody has a role: a group, an owner’s right, a hand, what was before, or nothing at all', async (t) => {
  const mapping = { owner: ['Board'], manager: ['Leads'], adviser: ['Team', 'Staff'] };
  const why = (current: Role, groups: string[], last?: { to: Role; byHand: boolean }) => explainRole({ current, groups, mapping, last });
  t.strictSame(why('manager', ['Staff', 'Other', 'leads ']), {
    reason: 'group',
    given: 'manager',
    because: [
      { group: 'leads ', role: 'manager' },
      { group: 'Staff', role: 'adviser' },
    ],
    others: ['Other'],
  });
  const scim = (to: Role) => ({ to, byHand: false });
  const hand = (to: Role) => ({ to, byHand: true });
  t.match(why('owner', ['Leads'], hand('owner')), { reason: 'owner', given: 'manager' });
  t.match(why('assistant', ['Leads'], hand('assistant')), { reason: 'hand', given: 'manager' }, 'changed by hand since it matched');
  t.match(why('manager', ['Leads'], hand('manager')), { reason: 'group' }, 'both say the same');
  t.match(why('owner', [], hand('owner')), { reason: 'hand', given: undefined });
  t.match(why('adviser', ['Board'], scim('adviser')), { reason: 'underway', given: 'owner' });
  t.match(why('adviser', ['Board'], hand('assistant')), { reason: 'underway' }, 'a change of before the last one says nothing');
  t.match(why('manager', ['Other'], scim('manager')), { reason: 'kept' });
  t.match(why('adviser', []), { reason: 'default' });
  t.match(why('assistant', []), { reason: 'unknown' });
});

t.test('an audit chain shows every change of it', async () => {
  const deed = fc.record({
    time: fc.constant('2026-01-31T09:00:00.000Z'),
    by: fc.constantFrom('operator', 'key:a'),
    action: fc.constantFrom('key.created', 'mapping.saved'),
    subject: fc.string(),
    details: fc.jsonValue(),
  });
  const chainOf = (deeds: Unchained[]) => {
    const chain: AuditEntry[] = [];
    for (const one of deeds) chain.push(chained(chain.at(-1), one));
    return chain;
  };
  fc.assert(
    fc.property(fc.array(deed, { minLength: 2, maxLength: 8 }), fc.nat(), deed, (deeds, at, other) => {
      const chain = chainOf(deeds);
      if (brokenAt(chain) !== undefined) throw new Error('a whole chain is called broken');
      const place = at % chain.length;
      const entry = chain[place] as AuditEntry;
      if (JSON.stringify({ ...entry, ...other }) !== JSON.stringify(entry)) {
        const changed = chain.with(place, { ...entry, ...other });
        if (brokenAt(changed) !== place + 1) throw new Error('a changed entry was not seen');
      }
      const rewritten = chain.with(place, { ...chained(chain[place - 1], { ...other, action: 'forged' }) });
      if (place < chain.length - 1 && brokenAt(rewritten) === undefined) throw new Error('a rehashed entry was not seen');
      if (place < chain.length - 1 && brokenAt(chain.toSpliced(place, 1)) === undefined) throw new Error('a removed entry was not seen');
    }),
  );
});
