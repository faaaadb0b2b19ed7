import { audit } from '@claras/directory/audit';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t from 'tap';
import { clientOf, edgeOnMemory } from './edge-on-memory.ts';

const { app, clock, store, tenant, providers, schemaExtensions } = await edgeOnMemory();
t.teardown(() => app.close());

const urn = 'urn:example:scim:advice:2.0:User';

t.test('a tenant’s schema extension is in force within a second, for that tenant alone', async (t) => {
  const [own, other] = [await tenant('Own schema'), await tenant('No schema')];
  const [send, sendOther] = [clientOf(app, own.key), clientOf(app, other.key)];
  t.equal((await send('GET', `/Schemas/${urn}`)).status, 404);
  await schemaExtensions.put(own.id, {
    resourceType: 'User',
    schema: {
      id: urn,
      name: 'Advice',
      attributes: [
        { name: 'clients', type: 'integer' },
        { name: 'licence', mutability: 'immutable' },
      ],
    },
  });
  clock.advance(1000);
  t.match((await send('GET', `/Schemas/${urn}`)).body, { id: urn, attributes: [{ name: 'clients', type: 'integer' }, {}] });
  t.match((await send('GET', '/ResourceTypes/User')).body.schemaExtensions, [{}, { schema: urn, required: false }]);
  t.equal((await sendOther('GET', `/Schemas/${urn}`)).status, 404);

  const user = (licence: string) => ({ userName: 'ann@a.example', [urn]: { clients: '12', licence } });
  const made = await send('POST', '/Users', user('L1'));
  t.strictSame(made.body[urn], { clients: 12, licence: 'L1' });
  t.match(made.body.schemas, [/core/, urn]);
  const path = `/Users/${made.body.id}`;
  t.match(await send('PUT', path, user('L2')), { status: 400, body: { scimType: 'mutability' } });
  const remove = { Operations: [{ op: 'remove', path: `${urn}:licence` }] };
  t.match(await send('PATCH', path, remove), { status: 400, body: { scimType: 'mutability' } });
  t.equal((await send('PUT', path, { userName: 'ann@a.example' })).body[urn].licence, 'L1');
  t.match(await send('POST', '/Users', { userName: 'b', [urn]: { clients: 'many' } }), { status: 400, body: { scimType: 'invalidValue' } });
  t.equal((await sendOther('POST', '/Users', { userName: 'b', [urn]: { clients: 'many' } })).status, 201, 'any value elsewhere');
  t.equal((await send('GET', `/Users?filter=${encodeURIComponent(`${urn}:licence eq "L1"`)}`)).body.totalResults, 1);
});

t.test('a PATCH that replaces members is the full set, or adds to it where the provider’s switch says so', async (t) => {
  const { id, key } = await tenant('Additive');
  const send = clientOf(app, key);
  const users = [];
  for (const n of [1, 2, 3]) users.push((await send('POST', '/Users', { userName: `u${n}` })).body.id);
  const { body: group } = await send('POST', '/Groups', { displayName: 'Crew', members: [{ value: users[0] }] });
  const replace = (value: string) =>
    send('PATCH', `/Groups/${group.id}`, { Operations: [{ op: 'replace', path: 'members', value: [{ value }] }] });
  const members = async () => (await send('GET', `/Groups/${group.id}`)).body.members.map(({ value }: { value: string }) => value);
  await replace(users[1]);
  t.strictSame(await members(), [users[1]]);
  await providers.setAdditiveMembers(id, (await providers.list(id))[0]!.id, true);
  clock.advance(1000);
  await replace(users[2]);
  t.strictSame(await members(), [users[1], users[2]]);
  await send('PUT', `/Groups/${group.id}`, { displayName: 'Crew', members: [{ value: users[0] }] });
  t.strictSame(await members(), [users[0]], 'a PUT is the whole group');
});

t.test('one request that takes more than ten members out of a group without naming them stands in the audit log', async (t) => {
  const { id: company, key } = await tenant('Dropped');
  const send = clientOf(app, key);
  const members = [];
  for (let n = 0; n < 24; n++) members.push({ value: (await send('POST', '/Users', { userName: `u${n}` })).body.id });
  const { body: group } = await send('POST', '/Groups', { displayName: 'Crew', members });
  const patch = (op: object) => send('PATCH', `/Groups/${group.id}`, { Operations: [op] });
  const told = async () => {
    const entries = await audit({ store, runtime }).list(company, { limit: 100 });
    return entries
      .flatMap(({ by, action, subject, details }) => (action === 'members.dropped' ? { by, subject, details } : []))
      .toReversed();
  };
  await patch({ op: 'replace', path: 'members', value: members.slice(10) });
  t.strictSame(await told(), [], 'ten');
  await patch({ op: 'remove', path: 'members', value: members.slice(10, 12) });
  t.strictSame(await told(), [], 'named');

  const subject = `Groups/${group.id}`;
  const by = `key:${key.slice(12, 23)}`;
  await patch({ op: 'replace', path: 'members', value: members.slice(0, 1) });
  const first = { by, subject, details: { name: 'Crew', dropped: 12, added: 1 } };
  t.strictSame(await told(), [first]);
  await patch({ op: 'add', path: 'members', value: members });
  await patch({ op: 'remove', path: 'members' });
  const second = { by, subject, details: { name: 'Crew', dropped: 24, added: 0 } };
  t.strictSame(await told(), [first, second]);
  await patch({ op: 'add', path: 'members', value: members });
  await send('PUT', `/Groups/${group.id}`, { displayName: 'Crew 2', members: members.slice(12) });
  const third = { by, subject, details: { name: 'Crew 2', dropped: 12, added: 0 } };
  t.strictSame(await told(), [first, second, third]);
});
