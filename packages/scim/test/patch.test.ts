import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { resourceTypes } from '../src/attributes.ts';
import { type MemberChanges, memberChanges } from '../src/member-changes.ts';
import { applyPatch, readPatch } from '../src/patch.ts';
import type { Resource } from '../src/resource.ts';
import { ScimError } from '../src/scim-error.ts';
import { refusal } from './refusal.ts';

const { User, Group } = resourceTypes;

interface PatchCase {
  name: string;
  type?: 'User' | 'Group';
  before: Resource;
  operations: unknown[];
  after?: Resource;
  ignored?: string[];
  error?: { status: number; scimType: string };
}
interface MemberCase {
  name: string;
  operations: unknown[];
  changes?: Partial<MemberChanges>;
  error?: { status: number; scimType: string };
}
const cases = <C>(file: string): C[] => JSON.parse(readFileSync(new URL(`../fixtures/${file}.json`, import.meta.url), 'utf8'));
const patched = (type: 'User' | 'Group', before: Resource, operations: unknown) =>
  applyPatch(resourceTypes[type], before, readPatch(resourceTypes[type], { Operations: operations }));

/** Frozen all the way down: whoever changes it throws a TypeError, which is no ScimError. */
function frozen<V>(value: V): V {
  if (value !== null && typeof value === 'object') for (const part of Object.values(Object.freeze(value))) frozen(part);
  return value;
}

for (const file of ['patch-entra', 'patch-rfc7644'])
  t.test(file, async (t) => {
    for (const { name, type = 'User', before, operations, after, ignored = [], error } of frozen(cases<PatchCase>(file))) {
      if (error)
        t.strictSame(
          refusal(() => patched(type, before, operations)),
          error,
          name,
        );
      else {
        const extensions = Object.keys(after ?? {}).filter((key) => key.startsWith('urn:'));
        const resource = { ...after, schemas: [resourceTypes[type].schema.id, ...extensions] };
        t.strictSame(patched(type, before, operations), { resource, ignored }, name);
      }
    }
  });

t.test('members', async (t) => {
  const nothing: MemberChanges = { touched: true, clear: false, add: [], remove: [], removeWhere: [] };
  for (const { name, operations, changes, error } of cases<MemberCase>('member-changes')) {
    const read = () => memberChanges(readPatch(Group, { Operations: operations }));
    if (error) t.strictSame(refusal(read), error, name);
    else t.strictSame(read(), { ...nothing, ...changes }, name);
  }
  const { removeWhere, add } = memberChanges(
    readPatch(Group, {
      Operations: [
        { op: 'add', path: 'members', value: ['ab', 'b'] },
        { op: 'remove', path: 'members[value sw "a"]' },
      ],
    }),
  );
  t.equal(removeWhere.length, 1, 'a filter that is no list of ids is handed on');
  t.strictSame(add, ['b'], 'and judges those who were added before it');
  t.strictSame(
    patched('Group', { displayName: 'G' }, [{ op: 'add', path: 'members', value: ['a'] }]).resource.members,
    undefined,
    'the document has no members',
  );
});

t.test('the envelope', async (t) => {
  const inAnyCase = { schemas: ['x'], operations: [{ OP: 'REPLACE', Path: 'title', Value: 'T' }] };
  t.equal(applyPatch(User, { userName: 'a' }, readPatch(User, inAnyCase)).resource.title, 'T', 'names in any case');
  for (const body of [undefined, null, 'x', [], {}, { Operations: {} }, { Operations: [null] }, { Operations: [{}] }])
    t.match(
      refusal(() => readPatch(User, body)),
      { status: 400, scimType: 'invalidSyntax' },
    );
  t.match(
    refusal(() => readPatch(User, { Operations: [{ op: 'add', path: 7, value: 1 }] })),
    { status: 400 },
  );
  t.match(
    refusal(() => readPatch(User, { Operations: Array(1001).fill({ op: 'remove', path: 'title' }) })),
    { status: 400 },
  );
});

t.test('one request cannot make it work for long', async (t) => {
  const values = Array.from({ length: 200 }, (_, n) => ({ value: `v${n}` }));
  const path = `entitlements[${Array(40).fill('value eq "z"').join(' or ')}].display`;
  const before = { userName: 'a', entitlements: values };
  t.match(
    refusal(() => patched('User', before, Array(1000).fill({ op: 'remove', path }))),
    { status: 413 },
    'filters in paths',
  );
  t.match(
    refusal(() => patched('User', before, [{ op: 'add', path: 'entitlements', value: ['one more'] }])),
    { scimType: 'invalidValue' },
    'values',
  );
  const filters = Array(51).fill({ op: 'remove', path: 'members[type eq "User"]' });
  t.match(
    refusal(() => memberChanges(readPatch(Group, { Operations: filters }))),
    { scimType: 'tooMany' },
    'filters on members',
  );
});

const word = fc.constantFrom('work', 'home', 'a@b', '', 'True', 'False', 'x', '__proto__', 'constructor', '{"value":"r"}');
const name = fc.constantFrom(
  ...[
    'userName',
    'active',
    'name',
    'name.givenName',
    'emails',
    'emails.value',
    'EMAILS',
    'roles',
    'manager',
    'title',
    'id',
    'meta',
    'schemas',
  ],
  ...[
    'members',
    'groups',
    'displayName',
    'shoeSize',
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'constructor.prototype',
    '__proto__.x',
  ],
  ...['emails[type eq "work"].value', 'emails[type eq "work"]', 'emails[not (type eq "x")].type', 'roles[primary eq "True"].display'],
  ...['addresses[type eq "work" and primary eq true].country', 'members[value eq "a"]', 'emails[__proto__ eq "x"].value'],
  'urn:ietf:params:scim:schemas:core:2.0:User',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0User.department',
  'urn:ietf:params:scim:schemas:extension:Crew:2.0:User:grade',
  ...['urn:acme:boats', 'urn:x:__proto__', 'urn:x:constructor', 'urn:x:2.0:User:a.__proto__', 'urn:x:2.0:User:toString.polluted'],
);
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    word,
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.oneof(name, fc.constantFrom('value', 'type', 'primary', '$ref', 'display')), tie('value')), { maxLength: 4 })
      .map((entries) =>
        // Through JSON, as it comes over the wire: __proto__ is then a key like any other.
        JSON.parse(`{${entries.map(([key, part]) => `${JSON.stringify(key)}:${JSON.stringify(part)}`).join(',')}}`),
      ),
  ),
})).value;
const operation = fc.record({ op: fc.constantFrom('add', 'Replace', 'remove'), path: name, value }, { requiredKeys: ['op'] });

t.test('whatever operations come, nothing but a ScimError is thrown, the input stays, and no prototype changes', async (t) => {
  const prototype = () =>
    JSON.stringify([Object.prototype, Array.prototype, Function.prototype, Map.prototype].map((one) => Reflect.ownKeys(one).map(String)));
  const before = prototype();
  const start = applyPatch(
    User,
    { userName: 'a', active: true },
    readPatch(User, {
      Operations: [
        {
          op: 'add',
          value: { emails: [{ value: 'w', type: 'work', primary: true }, { value: 'h' }], manager: '1', 'urn:acme:boats': { hull: 1 } },
        },
      ],
    }),
  ).resource;
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 5 }), fc.boolean(), (operations, isUser) => {
      const type = isUser ? User : Group;
      try {
        const read = readPatch(type, frozen({ Operations: operations }));
        if (!isUser) memberChanges(read);
        const { resource } = applyPatch(type, frozen(isUser ? start : { displayName: 'G' }), read);
        if (isUser && typeof resource.active !== 'boolean') throw new Error('active was lost');
        for (const values of Object.values(resource))
          if (Array.isArray(values) && values.filter((one) => (one as Resource).primary === true).length > 1)
            throw new Error('two are primary');
        const again = applyPatch(type, resource, []);
        if (JSON.stringify(again.resource) !== JSON.stringify(resource)) throw new Error('a PATCH of nothing changed it');
      } catch (error) {
        if (!(error instanceof ScimError)) throw error;
      }
      if (Object.hasOwn({}, 'polluted') || 'polluted' in {} || 'polluted' in Object.prototype.toString) throw new Error('polluted');
    }),
    { numRuns: 3000 },
  );
  t.equal(prototype(), before);
});
