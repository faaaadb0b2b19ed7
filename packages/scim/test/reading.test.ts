import { readFileSync } from 'node:fs';
import t from 'tap';
import { type Attribute, resourceTypes } from '../src/attributes.ts';
import { printCursor } from '../src/cursor.ts';
import { resourceTypeByName, resourceTypesResponse, schemaById, schemas, serviceProviderConfig } from '../src/discovery.ts';
import { checkIfMatch, etag, isNotModified } from '../src/etag.ts';
import { assertJsonShape } from '../src/json-limits.ts';
import { listResponse, listResponseJson, readListQuery } from '../src/list-query.ts';
import { applyPatch, readPatch } from '../src/patch.ts';
import { project, readProjection, wantsAttribute } from '../src/projection.ts';
import { type Resource, readResource } from '../src/resource.ts';
import { ScimError, uniqueness } from '../src/scim-error.ts';
import { sortResources } from '../src/sort.ts';
import { refusal } from './refusal.ts';

const { User, Group } = resourceTypes;
const core = User.schema.id;
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

const fixture = (file: string) => JSON.parse(readFileSync(new URL(`../fixtures/${file}.json`, import.meta.url), 'utf8'));

t.test('POST and PUT bodies', async (t) => {
  for (const { name, type = 'User', body, resource, members = [], ignored = [], saysActive = true, error } of fixture('read-resource')) {
    const read = () => readResource(resourceTypes[type as 'User'], body);
    if (error) t.strictSame(refusal(read), error, name);
    else t.strictSame(read(), { resource, members: members.map((value: string) => ({ value })), ignored, saysActive }, name);
  }
  for (const body of [undefined, null, 7, 'x', []])
    t.match(
      refusal(() => readResource(User, body)),
      { status: 400, scimType: 'invalidSyntax' },
    );
});

t.test('no prototype is reached from a body, a path, a filter, a projection or a sort', async (t) => {
  const before = [Object.prototype, Function.prototype, Array.prototype].map((one) => Reflect.ownKeys(one).length);
  const bodies = [
    '{"userName":"a","__proto__":{"polluted":1}}',
    '{"userName":"a","constructor":{"prototype":{"polluted":1}}}',
    '{"userName":"a","__proto__.polluted":1,"constructor.prototype.polluted":1,"toString.polluted":1}',
    '{"userName":"a","\\u005f_proto__":{"polluted":1}}',
    '{"userName":"a","name":{"__proto__":{"polluted":1},"constructor":{"polluted":1}}}',
    '{"userName":"a","emails":[{"value":"x","__proto__":{"polluted":1}}]}',
    '{"userName":"a","emails[type eq \\"__proto__\\"].polluted":1}',
    '{"userName":"a","urn:x:2.0:User":{"__proto__":{"polluted":1},"constructor.prototype":{"polluted":1}}}',
    '{"userName":"a","urn:x:__proto__":{"polluted":1},"urn:x:__proto__:polluted":1,"urn:x:y.__proto__":1}',
    '{"userName":"a","roles":[{"value":"{\\"__proto__\\":{\\"polluted\\":1},\\"value\\":\\"r\\"}"}]}',
  ].map((text) => JSON.parse(text));
  for (const body of bodies) {
    refusal(() => readResource(User, body));
    refusal(() => applyPatch(User, { userName: 'a' }, readPatch(User, { Operations: [{ op: 'add', value: body }] })));
  }
  const custom = (name: string, value: string) => readResource(User, JSON.parse(`{"userName":"a","urn:x:2.0:User:${name}":${value}}`));
  for (const name of ['__proto__', 'constructor', 'prototype', 'a.__proto__', 'a.constructor'])
    t.strictSame(Object.keys(custom(name, '1').resource), ['schemas', 'userName', 'active'], `${name} is no attribute of an extension`);
  t.match(
    refusal(() => custom('a', '{"b":[{"__proto__":{"polluted":1}}]}')),
    { status: 400 },
    'nor deep in one',
  );
  for (const name of [
    '__proto__',
    '__proto__.polluted',
    'constructor.prototype.polluted',
    'toString.polluted',
    'emails[__proto__ eq "x"].polluted',
  ]) {
    for (const op of ['add', 'replace', 'remove'])
      refusal(() => applyPatch(User, { userName: 'a' }, readPatch(User, { Operations: [{ op, path: name, value: { polluted: 1 } }] })));
    refusal(() => readListQuery(User, { filter: `${name} eq "x"` }));
    sortResources([{ userName: 'a' }], readListQuery(User, { sortBy: name }));
    t.strictSame(project(User, { userName: 'a' }, readProjection({ attributes: name })), {}, name);
    t.strictSame(project(User, { userName: 'a' }, readProjection({ excludedAttributes: name })), { userName: 'a' }, name);
  }
  t.strictSame(
    [Object.prototype, Function.prototype, Array.prototype].map((one) => Reflect.ownKeys(one).length),
    before,
  );
  t.notOk('polluted' in {} || 'polluted' in Object.prototype.toString);
});

t.test('the shape of a body', async (t) => {
  const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
  assertJsonShape(nested(32));
  t.match(
    refusal(() => assertJsonShape(nested(33))),
    { status: 400, scimType: 'invalidSyntax' },
  );
  t.match(
    refusal(() => assertJsonShape(nested(100_000))),
    { status: 400 },
    'depth costs no stack',
  );
  t.match(
    refusal(() => assertJsonShape(JSON.parse('{"a":[{"__proto__":1}]}'))),
    { status: 400 },
  );
  t.match(
    refusal(() => readResource(User, { userName: 'x', emails: Array(201).fill('a') })),
    { scimType: 'invalidValue' },
  );
  t.equal(
    readResource(User, {
      userName: 'x',
      ...Object.fromEntries(
        Array(5000)
          .fill(0)
          .map((_, n) => [`a${n}`, n]),
      ),
    }).ignored.length,
    100,
  );
});

const ann: Resource = {
  schemas: [core, enterprise],
  id: '1',
  userName: 'ann',
  name: { givenName: 'Ann', familyName: 'Ohm' },
  emails: [{ value: 'a@b', type: 'work' }, { type: 'home' }],
  [enterprise]: { department: 'D', manager: { value: '2', $ref: 'x' } },
  meta: { version: 'W/"1"' },
};
const always = { schemas: [core, enterprise], id: '1' };

t.test('RFC 7644, 3.4.2.5: attributes and excludedAttributes', async (t) => {
  const asked = (query: Record<string, unknown>) => project(User, ann, readProjection(query));
  t.equal(asked({}), ann, 'nothing asked, nothing done');
  t.strictSame(asked({ attributes: 'USERNAME' }), { ...always, userName: 'ann' });
  t.strictSame(asked({ Attributes: ['name.familyName , emails.value', 'shoeSize'] }), {
    ...always,
    name: { familyName: 'Ohm' },
    emails: [{ value: 'a@b' }],
  });
  t.strictSame(asked({ attributes: `${enterprise}:manager.value,${core}:userName` }), {
    ...always,
    userName: 'ann',
    [enterprise]: { manager: { value: '2' } },
  });
  t.strictSame(asked({ attributes: enterprise }), { ...always, [enterprise]: ann[enterprise] });
  t.strictSame(asked({ attributes: core }), { ...always, userName: 'ann', name: ann.name, emails: ann.emails, meta: ann.meta });
  t.strictSame(asked({ attributes: 'shoeSize' }), always);
  t.strictSame(asked({ excludedAttributes: `id,schemas,emails,name.givenName,${enterprise}:department,meta` }), {
    ...always,
    userName: 'ann',
    name: { familyName: 'Ohm' },
    [enterprise]: { manager: { value: '2', $ref: 'x' } },
  });
  t.strictSame(asked({ attributes: 'name', excludedAttributes: 'name.givenName' }), { ...always, name: { familyName: 'Ohm' } });
  const custom = { id: '1', 'urn:X:2.0:User': { a: 1, b: { c: 2, d: 3 } } };
  const okta = { id: '1', 'urn:okta:claras_1:1.0:user:custom': { floor: '3' }, 'urn:acme:ships:2.0:Crew': { grade: 7 } };
  t.strictSame(project(User, okta, readProjection({ attributes: 'urn:okta:claras_1:1.0:User:custom,URN:acme:ships:2.0:crew' })), okta);
  t.strictSame(project(User, okta, readProjection({ excludedAttributes: Object.keys(okta).join() })), { id: '1' });
  t.strictSame(project(User, custom, readProjection({ attributes: 'urn:x:2.0:User:b.c' })), { id: '1', 'urn:X:2.0:User': { b: { c: 2 } } });
  t.match(
    refusal(() => readProjection({ attributes: 'a,'.repeat(101) })),
    { status: 400 },
  );
});

t.test('members and groups are read only where they are wanted', async (t) => {
  const wants = (query: Record<string, unknown>) => wantsAttribute(readProjection(query), 'members');
  t.equal(wants({}), true);
  t.equal(wants({ attributes: 'displayName' }), false);
  t.equal(wants({ attributes: 'Members.value' }), true);
  t.equal(wants({ attributes: `${Group.schema.id}:members` }), true);
  t.equal(wants({ attributes: Group.schema.id }), true);
  t.equal(wants({ excludedAttributes: 'members' }), false);
  t.equal(wants({ excludedAttributes: 'members.display' }), true);
  t.equal(wants({ excludedAttributes: 'urn:acme:boats:members' }), true);
});

t.test('RFC 7644, 3.4.2.4: pages', async (t) => {
  const page = (query: Record<string, unknown>) => {
    const { page } = readListQuery(User, query);
    return ['startIndex' in page ? page.startIndex : page.cursor, page.count];
  };
  t.strictSame(page({}), [1, 100]);
  t.strictSame(page({ startIndex: '0', count: '-3' }), [1, 0]);
  t.strictSame(page({ STARTINDEX: '50', Count: '5000', aadOptscim062020: '' }), [50, 1000]);
  t.strictSame(page({ startIndex: '9'.repeat(30), count: '-99999999999999999999' }), [Number.MAX_SAFE_INTEGER, 0], 'however many digits');
  for (const query of [
    { startIndex: 'x' },
    { count: '1.5' },
    { sortBy: 'title', sortOrder: 'downwards' },
    { count: ['1', '2'] },
    { startIndex: '1e9' },
  ])
    t.match(
      refusal(() => readListQuery(User, query)),
      { status: 400, scimType: 'invalidValue' },
    );
  const cursor = printCursor({ type: 'User', after: 'u1' }, JSON.stringify(['title pr', undefined, false]));
  t.strictSame(page({ filter: 'title pr', cursor }), [{ type: 'User', after: 'u1' }, 100], 'RFC 9865: behind a resource');
  t.strictSame(page({ filter: 'title pr', cursor: '' }), [undefined, 100], 'and from the start');
  for (const text of [cursor, 'x', 'x'.repeat(1000), Buffer.from('{"a":1}').toString('base64url')])
    t.match(
      refusal(() => readListQuery(User, { cursor: text })),
      { status: 400, scimType: 'invalidCursor' },
      'another query’s cursor, and what is none',
    );
  t.match(
    refusal(() => readListQuery(User, { cursor: '', startIndex: '1' })),
    { status: 400, scimType: 'invalidValue' },
  );
  t.match(
    refusal(() => readListQuery(User, { filter: '' })),
    { scimType: 'invalidFilter' },
    'an empty filter is no filter for everybody',
  );
  t.match(listResponse([{ id: '1' }], { totalResults: 7, startIndex: 3 }), {
    totalResults: 7,
    startIndex: 3,
    itemsPerPage: 1,
    Resources: [{ id: '1' }],
  });
  for (const resources of [[], [{ id: '1' }], [{ id: '1' }, { id: '2"' }]])
    for (const place of [{ totalResults: 7, startIndex: 3 }, { totalResults: 0 }, { totalResults: 9, next: 'a"b' }])
      t.equal(
        listResponseJson(
          resources.map((one) => JSON.stringify(one)),
          place,
        ),
        JSON.stringify(listResponse(resources, place)),
      );
});

t.test('RFC 7644, 3.4.2.3: order', async (t) => {
  const sorted = (resources: Resource[], sortBy: string, sortOrder?: string) =>
    sortResources(resources, readListQuery(User, { sortBy, sortOrder })).map(({ id }) => id);
  const users = [
    { id: '1', userName: 'b', emails: [{ value: 'x' }, { value: 'a', primary: true }], meta: { created: '2026-01-01T01:00:00+01:00' } },
    { id: '2', userName: 'A', emails: [{ value: 'm' }], meta: { created: '2026-01-01T00:30:00Z' } },
    { id: '3', meta: { created: '2025-01-01T00:00:00Z' } },
  ];
  t.strictSame(sorted(users, 'userName'), ['2', '1', '3'], 'whatever the case; those without come last');
  t.strictSame(sorted(users, 'userName', 'Descending'), ['3', '1', '2'], 'and first in descending order');
  t.strictSame(sorted(users, 'emails'), ['1', '2', '3'], 'the primary one counts');
  t.strictSame(sorted(users, 'meta.created'), ['3', '1', '2'], 'instants, not texts');
  const boats = [{ a: '9' }, { a: 100 }, {}, { a: 20 }].map((boat, n) => ({ id: String(n), 'urn:Acme:boats:2.0:User': boat }));
  t.strictSame(
    sorted(boats, 'urn:acme:Boats:2.0:User:A'),
    ['3', '1', '0', '2'],
    'numbers as numbers, before text; URN and name in any case',
  );
  t.strictSame(sorted(users, 'shoeSize'), ['1', '2', '3'], 'a name that nobody has asks for no order');
});

t.test('RFC 7644, 3.14: versions', async (t) => {
  t.equal(etag(7), 'W/"7"');
  for (const header of ['*', 'W/"7"', '"7"', 'W/"1", W/"7"']) checkIfMatch(header, 7);
  for (const header of ['W/"8"', '7', '', 'W/"77"'])
    t.match(
      refusal(() => checkIfMatch(header, 7)),
      { status: 412 },
      header,
    );
  t.equal(isNotModified('W/"6", "7"', etag(7)), true);
  t.equal(isNotModified('W/"6"', etag(7)), false);
  checkIfMatch(etag(7, 'a-b_9'), 7);
  t.equal(isNotModified(etag(7, 'a'), etag(7, 'a')), true);
  t.equal(isNotModified(etag(7, 'a'), etag(7)), false);
});

t.test('RFC 7644, 3.12: an error says its status as a string', async (t) => {
  t.strictSame(uniqueness('userName is taken.').toBody(), {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '409',
    scimType: 'uniqueness',
    detail: 'userName is taken.',
  });
  t.strictSame(Object.keys(new ScimError(404, 'x').toBody()), ['schemas', 'status', 'detail']);
});

t.test('discovery says what is so', async (t) => {
  const url = 'https://x/scim/v2';
  const all = JSON.parse(
    JSON.stringify([schemas(resourceTypes, url), resourceTypesResponse(resourceTypes, url), serviceProviderConfig(url)]),
  );
  t.notMatch(JSON.stringify(all), 'null', 'no nulls');
  t.strictSame(
    schemas(resourceTypes, url).Resources.map(({ id }) => id),
    [core, enterprise, Group.schema.id],
  );
  t.strictSame(
    resourceTypesResponse(resourceTypes, url).Resources.map(({ endpoint }) => endpoint),
    ['/Users', '/Groups'],
  );
  t.equal(schemaById(resourceTypes, url, core.toUpperCase())?.id, core);
  t.equal(schemaById(resourceTypes, url, '__proto__'), undefined);
  t.equal(resourceTypeByName(resourceTypes, url, 'user')?.name, 'User');
  const describes = ({ name, type, mutability, returned, uniqueness, subAttributes }: Attribute): boolean =>
    /^[$A-Za-z][\w$]*$/.test(name) &&
    ['string', 'boolean', 'reference', 'complex', 'binary'].includes(type) &&
    ['readOnly', 'readWrite', 'immutable'].includes(mutability) &&
    returned === 'default' &&
    ['none', 'server'].includes(uniqueness) &&
    (subAttributes ?? []).every(describes);
  for (const { name, attributes } of all[0].Resources) t.ok(attributes.every(describes), `${name}: enumerations in their exact case`);
});

/** Microsoft's SCIM_User_Update_Test: what /Schemas declares is stored. */
t.test('every attribute that is declared writable can be set by PATCH and is read back', async (t) => {
  const sample = ({ type }: Attribute): unknown => (type === 'boolean' ? true : 'sample');
  for (const { schema, extension } of [{ schema: User.schema }, ...User.extensions.map((one) => ({ schema: one, extension: one.id }))])
    for (const attribute of schema.attributes.filter(({ mutability }) => mutability === 'readWrite'))
      for (const sub of attribute.subAttributes.length > 0
        ? attribute.subAttributes.filter(({ mutability }) => mutability === 'readWrite')
        : [undefined]) {
        const filter = attribute.multiValued && sub?.name !== 'type' ? '[type eq "work"]' : '';
        const path = `${extension ? `${extension}:` : ''}${attribute.name}${filter}${sub ? `.${sub.name}` : ''}`;
        const { resource } = applyPatch(
          User,
          { userName: 'a' },
          readPatch(User, { Operations: [{ op: 'replace', path, value: sample(sub ?? attribute) }] }),
        );
        const home = (extension ? resource[extension] : resource) as Resource;
        const found = [home?.[attribute.name]].flat()[0] as Resource;
        t.equal(sub ? found?.[sub.name] : found, sample(sub ?? attribute), path);
      }
});
