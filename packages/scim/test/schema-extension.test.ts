import t from 'tap';
import { schemaById } from '../src/discovery.ts';
import { parseFilter } from '../src/filter.ts';
import { compileFilter } from '../src/filter-evaluate.ts';
import { readListQuery } from '../src/list-query.ts';
import { applyPatch, readPatch } from '../src/patch.ts';
import { project, readProjection } from '../src/projection.ts';
import { type Resource, readResource } from '../src/resource.ts';
import { extensionProblem, resourceTypesWith, type SchemaDefinition, type SchemaExtension } from '../src/schema-extension.ts';
import { settled } from '../src/set-once.ts';
import { sortResources } from '../src/sort.ts';
import { refusal } from './refusal.ts';

const urn = 'urn:example:scim:advice:2.0:User';
const advice: SchemaDefinition = {
  id: urn,
  name: 'Advice',
  attributes: [
    { name: 'licence', mutability: 'immutable', caseExact: true },
    { name: 'clients', type: 'integer' },
    { name: 'pin', mutability: 'writeOnly', returned: 'never' },
    { name: 'note', returned: 'request' },
    {
      name: 'office',
      type: 'complex',
      subAttributes: [
        { name: 'city' },
        { name: 'opened', type: 'dateTime', mutability: 'immutable' },
        { name: 'alarm', returned: 'never', mutability: 'writeOnly' },
      ],
    },
    { name: 'badges', type: 'complex', multiValued: true, subAttributes: [{ name: 'value' }, { name: 'secret', returned: 'request' }] },
  ],
};
const types = resourceTypesWith([{ resourceType: 'User', schema: advice }]);
const { User } = types;

const full = { licence: 'L1', clients: 12, pin: '99', note: 'n', office: { city: 'Leeds', opened: '2020-01-01T00:00:00Z', alarm: '7' } };
const ann: Resource = {
  schemas: [User.schema.id, urn],
  id: '1',
  userName: 'ann',
  [urn]: { ...full, badges: [{ value: 'b', secret: 's' }] },
};

t.test('a registered extension is described, and its values are read by their types, in any spelling', async (t) => {
  t.match(schemaById(types, 'https://x', urn.toUpperCase()), { id: urn, name: 'Advice' });
  t.notOk(schemaById(resourceTypesWith([]), 'https://x', urn), 'nobody else has it');
  const { resource, ignored } = readResource(User, {
    userName: 'ann',
    [urn.toUpperCase()]: { LICENCE: 'L1', clients: '12', shoe: 44, office: { City: 'Leeds' } },
  });
  t.strictSame(resource[urn], { licence: 'L1', clients: 12, office: { city: 'Leeds' } });
  t.strictSame(ignored, [`${urn}:shoe`]);
  for (const wrong of [{ clients: 'many' }, { clients: 1.5 }, { clients: '1e3' }, { office: 'Leeds' }, { office: { opened: 'once' } }])
    t.match(
      refusal(() => readResource(User, { userName: 'ann', [urn]: wrong })),
      { status: 400, scimType: 'invalidValue' },
      JSON.stringify(wrong),
    );
  const patched = applyPatch(
    User,
    ann,
    readPatch(User, {
      Operations: [
        { op: 'Replace', path: `${urn}:office.city`, value: 'York' },
        { op: 'Add', value: { clients: '13' } },
      ],
    }),
  ).resource;
  t.match(patched[urn], { office: { city: 'York' }, clients: 13 }, 'also without its URN');
  const finds = (text: string) => compileFilter(parseFilter(text, User))(ann);
  t.strictSame([finds(`${urn}:clients gt 9`), finds('clients lt 9'), finds('licence eq "l1"')], [true, false, false]);
  const order = sortResources(
    [
      { id: 'a', [urn]: { clients: 9 } },
      { id: 'b', [urn]: { clients: 100 } },
    ],
    readListQuery(User, { sortBy: 'clients' }),
  );
  t.strictSame(
    order.map(({ id }) => id),
    ['a', 'b'],
  );
});

t.test('RFC 7643, 7: what is returned never is not told by a filter or an order either', async (t) => {
  const asked = (query: Record<string, unknown>) => project(User, ann, readProjection(query))[urn];
  const shown = { licence: 'L1', clients: 12, office: { city: 'Leeds', opened: '2020-01-01T00:00:00Z' }, badges: [{ value: 'b' }] };
  t.strictSame(asked({}), shown);
  t.strictSame(asked({ excludedAttributes: `${urn}:office` }), { licence: 'L1', clients: 12, badges: [{ value: 'b' }] });
  t.strictSame(asked({ attributes: `${urn}:note,${urn}:pin` }), { note: 'n' });
  t.strictSame(asked({ attributes: `${urn}:office.alarm` }), undefined);
  t.strictSame(asked({ attributes: `${urn}:badges.secret` }), { badges: [{ secret: 's' }] });
  t.strictSame(asked({ attributes: urn }), shown, 'asking for all of it asks for nothing by name');
  t.equal((ann[urn] as Resource).pin, '99', 'what is stored stays');
  for (const filter of [`${urn}:pin sw "9"`, 'pin pr', `${urn}:office.alarm eq "7"`])
    t.match(
      refusal(() => parseFilter(filter, User)),
      { status: 400, scimType: 'invalidFilter' },
      filter,
    );
  t.equal(readListQuery(User, { sortBy: `${urn}:pin` }).sortBy, undefined);
});

t.test('RFC 7643, 7: an immutable attribute takes a value once', async (t) => {
  const change = (after: Resource, put = false) => settled(User, ann, after, { keeping: put });
  const withAdvice = (values: Resource) => ({ ...ann, [urn]: values });
  t.strictSame(change(withAdvice({ ...full, clients: 1 }))[urn], { ...full, clients: 1 });
  for (const other of [
    { ...full, licence: 'L2' },
    { ...full, office: { ...full.office, opened: '2021-01-01T00:00:00Z' } },
  ])
    for (const put of [true, false])
      t.match(
        refusal(() => change(withAdvice(other), put)),
        { status: 400, scimType: 'mutability' },
      );
  const { licence: _, ...without } = full;
  t.match(
    refusal(() => change(withAdvice(without))),
    { scimType: 'mutability' },
    'nor is it removed',
  );
  const { [urn]: __, ...bare } = ann;
  t.match(
    refusal(() => change(bare)),
    { scimType: 'mutability' },
    'nor with its extension',
  );
  t.strictSame(change(bare, true)[urn], { licence: 'L1', office: { opened: '2020-01-01T00:00:00Z' } }, 'a PUT may leave it out');
  t.strictSame(settled(User, bare, ann), ann, 'the first value is taken');
});

t.test('what can’t be an extension says why', async (t) => {
  const given = (schema: Partial<SchemaDefinition>): SchemaExtension => ({ resourceType: 'User', schema: { ...advice, ...schema } });
  const problem = (schema: Partial<SchemaDefinition>, others: SchemaExtension[] = []) => extensionProblem(given(schema), others);
  t.equal(problem({}), undefined);
  const extension = 'urn:ietf:params:scim:schemas:extension';
  for (const id of ['advice', 'urn:x', 'urn:example:a b', 'urn:ietf:params:scim:schemas:core:2.0:User', 'urn:example:advice:'])
    t.match(problem({ id }), /^The id of a schema/, id);
  for (const id of [extension, `${extension}:Enterprise:2.0:User`, `${extension}:enterprise`])
    t.match(problem({ id }), /^The id of a schema/, id);
  t.equal(problem({ id: `${extension}:Claras:2.0:User` }), undefined, 'Entra has no other form for custom attributes');
  t.match(problem({ id: `${urn}:more` }, [given({})]), /beginning/);
  t.match(problem({ id: 'urn:EXAMPLE:scim' }, [given({})]), /beginning/);
  t.equal(problem({ id: 'urn:example:scim:advice:2.0:User2' }, [given({})]), undefined, 'a longer last part is another name');
  for (const attributes of [
    [{ name: 'a' }, { name: 'A' }],
    [{ name: 'constructor' }],
    [{ name: 'a', type: 'complex' }],
    [{ name: 'a', subAttributes: [{ name: 'b' }] }],
    [{ name: 'a', type: 'complex', subAttributes: [{ name: 'b', type: 'complex', subAttributes: [{ name: 'c' }] }] }],
    [{ name: 'a', mutability: 'writeOnly' }],
  ] as SchemaDefinition['attributes'][])
    t.match(problem({ attributes }), /^[aA]|constructor/, JSON.stringify(attributes));
});
