import t from 'tap';
import { clientOf, edgeOnMemory } from './edge-on-memory.ts';

const { app, process, store, clock, providers, tenant } = await edgeOnMemory();
const second = process();
t.teardown(() => Promise.all([app.close(), second.close()]));

const patch = (...Operations: object[]) => ({ Operations });
const sequenceOf = async (id: string) => (await store.range(`edge/${id}`, 'users', { limit: 0 })).sequence;

t.test('S12 M1 SCIM that is switched off is off on every edge process within a second, and on again as fast', async (t) => {
  const { id, key } = await tenant('Switched');
  const [entra] = await providers.list(id);
  const each = [clientOf(app, key), clientOf(second, key)];
  for (const send of each) t.equal((await send('GET', '/Users')).status, 200, 'and remembered');
  for (const on of [false, true]) {
    await providers.setScim(id, entra!.id, on);
    clock.advance(1000);
    for (const send of each) t.equal((await send('GET', '/Users')).status, on ? 200 : 403);
  }
  const [{ scimSince, ...kept } = entra!] = await providers.list(id);
  t.type(scimSince, 'string');
  t.strictSame({ ...kept, version: 0 }, { ...entra, version: 0 }, 'everything else of the provider is as it was');
});

t.test('S01 an externalId is opaque: it is nobody’s id, and two tenants may have the same', async (t) => {
  const [a, b] = [await tenant('External A'), await tenant('External B')];
  const [sendA, sendB] = [clientOf(app, a.key), clientOf(app, b.key)];
  for (const externalId of ['1', '0', 'admin', '9007199254740992', 'ünïcödé', '../Users', '__proto__', a.id]) {
    const one = (await sendA('POST', '/Users', { userName: `a-${externalId}`, externalId })).body;
    const other = (await sendB('POST', '/Users', { userName: `a-${externalId}`, externalId })).body;
    t.not(one.id, other.id);
    t.equal((await sendA('GET', `/Users/${encodeURIComponent(externalId)}`)).status, 404);
    const found = await sendB('GET', `/Users?filter=${encodeURIComponent(`externalId eq ${JSON.stringify(externalId)}`)}`);
    t.match(found.body, { totalResults: 1, Resources: [{ id: other.id }] }, externalId);
  }
});

t.test(
  'S03 a userName that differs by case, Unicode form, spaces or a last dot alone is taken, at the creation and at an update',
  async (t) => {
    const { id, key } = await tenant('Same names');
    const send = clientOf(app, key);
    await send('POST', '/Users', { userName: 'ann@a.example' });
    const other = (await send('POST', '/Users', { userName: 'bob@a.example' })).body;
    const before = await sequenceOf(id);
    for (const userName of ['ANN@A.example', 'ann@a.example.', ' ann@a.example ', 'ａnn@a.example', 'ann@ａ.example']) {
      const taken = { status: 409, body: { scimType: 'uniqueness', status: '409' } };
      t.match(await send('POST', '/Users', { userName }), taken, userName);
      t.match(await send('PUT', `/Users/${other.id}`, { userName }), taken, userName);
      t.match(await send('PATCH', `/Users/${other.id}`, patch({ op: 'replace', path: 'userName', value: userName })), taken, userName);
    }
    t.equal(await sequenceOf(id), before);
    t.equal(
      (await send('POST', '/Users', { userName: 'аnn@a.example' })).status,
      201,
      'a Cyrillic а is another name, and no profile’s address',
    );
  },
);

t.test('S04 every route with the key of one tenant and the ids of another: as if they were not there, and nothing happens', async (t) => {
  const [a, b] = [await tenant('Owner of ids'), await tenant('Holder of key')];
  const [sendA, sendB] = [clientOf(app, a.key), clientOf(app, b.key)];
  const user = (await sendA('POST', '/Users', { userName: 'ann@a.example' })).body;
  const group = (await sendA('POST', '/Groups', { displayName: 'Crew', members: [{ value: user.id }] })).body;
  const mine = (await sendB('POST', '/Groups', { displayName: 'Mine' })).body;
  const overrides = { 'x-tenant': a.id, tenant: a.id, 'x-forwarded-host': 'a.example' };
  const before = [await sequenceOf(a.id), await sequenceOf(b.id)];
  for (const [path, resource] of [
    [`/Users/${user.id}`, { ...user, tenant: a.id }],
    [`/Groups/${group.id}`, { ...group, tenant: a.id }],
  ] as const)
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', resource],
      ['PATCH', patch({ op: 'replace', path: 'displayName', value: 'x' })],
      ['DELETE', undefined],
    ] as const) {
      const unknown = await sendB(method, `${path.slice(0, -4)}0000?tenant=${a.id}`, body, overrides);
      const foreign = await sendB(method, `${path}?tenant=${a.id}`, body, overrides);
      t.strictSame([foreign.status, foreign.text], [404, unknown.text], `${method} ${path}: told as an unknown one is`);
    }
  const bulk = await sendB('POST', '/Bulk', {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: [
      { method: 'DELETE', path: `/Users/${user.id}` },
      { method: 'PATCH', path: `/Groups/${group.id}`, data: patch({ op: 'remove', path: 'members' }) },
    ],
  });
  t.strictSame(
    bulk.body.Operations.map(({ status }: { status: string }) => status),
    ['404', '404'],
  );
  for (const filter of [`id eq "${user.id}"`, 'userName pr', `members eq "${user.id}"`])
    for (const path of ['/Users', '/Groups'])
      t.notMatch((await sendB('GET', `${path}?filter=${encodeURIComponent(filter)}`)).text, user.id);
  t.strictSame([await sequenceOf(a.id), await sequenceOf(b.id)], before, 'no event');
  await sendB('PATCH', `/Groups/${mine.id}`, patch({ op: 'add', path: 'members', value: [{ value: user.id }] }));
  t.notOk((await sendB('GET', `/Groups/${mine.id}`)).body.members, 'a user of another tenant is nobody here');
  t.equal((await sendA('GET', `/Users/${user.id}`)).body.displayName, undefined);
});

t.test('S08 nothing in a body makes an owner, an id or a membership', async (t) => {
  const { id, key } = await tenant('Bodies');
  const send = clientOf(app, key);
  const group = (await send('POST', '/Groups', { displayName: 'Board' })).body;
  const made = await send('POST', '/Users', {
    id: 'chosen',
    userName: 'eve@a.example',
    meta: { resourceType: 'Group', version: 'W/"9"' },
    groups: [{ value: group.id }],
    roles: [{ value: 'owner', primary: true }],
    entitlements: [{ value: 'owner' }],
    'urn:claras:role': { role: 'owner' },
    role: 'owner',
    tenant: 'other',
  });
  t.equal(made.status, 201);
  t.not(made.body.id, 'chosen');
  t.match(made.body.meta, { resourceType: 'User' });
  t.notOk(made.body.groups);
  for (const path of ['id', 'meta.version', 'groups', 'meta'])
    t.match(
      await send('PATCH', `/Users/${made.body.id}`, patch({ op: 'replace', path, value: [{ value: group.id }] })),
      { status: 400, body: { scimType: 'mutability' } },
      path,
    );
  t.equal((await send('GET', `/Groups/${group.id}`)).body.members, undefined);
  t.equal(await sequenceOf(id), 3, 'a provider, a group and a user');
});
