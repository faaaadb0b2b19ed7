import t from 'tap';
import { clientOf, edgeOnMemory, type Send } from './edge-on-memory.ts';

/** The shapes of identity providers other than Entra, as their documentation and their customers' logs show them. */
const { app, tenant } = await edgeOnMemory();
t.teardown(() => app.close());

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const patchOp = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];

const client = async (name: string, contentType: string) => clientOf(app, (await tenant(name)).key, contentType);
const membersOf = async (send: Send, id: string): Promise<string[]> =>
  ((await send('GET', `/Groups/${id}`)).body.members ?? []).map(({ value }: { value: string }) => value);

t.test(
  'Okta: looks up, creates, replaces whole users, deactivates without a path, renames a group by its id inside the value',
  async (t) => {
    const send = await client('Okta', 'application/scim+json; charset=utf-8');
    t.equal((await send('GET', '/Users?filter=userName%20eq%20%22ann%40a.example%22&startIndex=1&count=100')).body.totalResults, 0);
    const user = {
      schemas: [core],
      userName: 'ann@a.example',
      name: { givenName: 'Ann', familyName: 'Ohm' },
      emails: [{ primary: true, value: 'ann@a.example', type: 'work' }],
      displayName: 'Ann Ohm',
      locale: 'en-US',
      externalId: '00ujl29u0le5T6Aj10h7',
      groups: [],
      password: '1mz050nq',
      active: true,
    };
    const made = await send('POST', '/Users', user);
    t.match(made, { status: 201, body: { userName: 'ann@a.example', active: true } });
    t.notOk('password' in made.body, 'a password is neither kept nor told');
    const { id } = made.body;
    const put = await send('PUT', `/Users/${id}`, { ...made.body, name: { givenName: 'Anna', familyName: 'Ohm' } });
    t.match(put, { status: 200, body: { name: { givenName: 'Anna' } } });
    t.match(await send('PATCH', `/Users/${id}`, { schemas: patchOp, Operations: [{ op: 'replace', value: { active: false } }] }), {
      status: 200,
      body: { active: false },
    });

    const group = (
      await send('POST', '/Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Crew', members: [] })
    ).body;
    const rename = { schemas: patchOp, Operations: [{ op: 'replace', value: { id: group.id, displayName: 'Night crew' } }] };
    t.equal((await send('PATCH', `/Groups/${group.id}`, rename)).status, 204);
    const add = { schemas: patchOp, Operations: [{ op: 'add', path: 'members', value: [{ value: id, display: 'ann@a.example' }] }] };
    await send('PATCH', `/Groups/${group.id}`, add);
    t.strictSame(await membersOf(send, group.id), [id]);
    const swap = {
      schemas: patchOp,
      Operations: [
        { op: 'remove', path: `members[value eq "${id}"]` },
        { op: 'add', path: 'members', value: [{ value: id, display: 'Ann' }] },
      ],
    };
    await send('PATCH', `/Groups/${group.id}`, swap);
    t.strictSame(await membersOf(send, group.id), [id]);
    t.equal((await send('GET', `/Groups/${group.id}`)).body.displayName, 'Night crew');
    t.equal((await send('DELETE', `/Groups/${group.id}`)).status, 204);
  },
);

t.test('OneLogin: application/json, schemas of both kinds, members one by one, a deleted user', async (t) => {
  const send = await client('OneLogin', 'application/json');
  const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
  const made = await send('POST', '/Users', {
    schemas: [core, enterprise],
    userName: 'ben@a.example',
    displayName: 'Ben Ray',
    name: { givenName: 'Ben', familyName: 'Ray', formatted: 'Ben Ray' },
    emails: [{ value: 'ben@a.example', type: 'work', primary: true }],
    [enterprise]: { department: 'Advice', manager: { displayName: 'Ann', value: '26118915' } },
    title: null,
    preferredLanguage: null,
    active: true,
  });
  t.match(made, { status: 201, body: { [enterprise]: { manager: { value: '26118915' } } } });
  t.notOk('title' in made.body);
  const { id } = made.body;
  const group = (await send('POST', '/Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Ops' })).body;
  for (const op of ['add', 'remove', 'add'])
    await send('PATCH', `/Groups/${group.id}`, { schemas: patchOp, Operations: [{ op, path: 'members', value: [{ value: id }] }] });
  t.strictSame(await membersOf(send, group.id), [id]);
  t.equal((await send('DELETE', `/Users/${id}`)).status, 204);
  t.strictSame(await membersOf(send, group.id), []);
});

t.test('JumpCloud: a test user and group come and go; groups are replaced whole', async (t) => {
  const send = await client('JumpCloud', 'application/json');
  t.equal((await send('GET', '/Users?startIndex=1&count=1')).status, 200);
  const made = await send('POST', '/Users', {
    schemas: [core],
    userName: 'test_user@a.example',
    name: { familyName: 'User', givenName: 'Test' },
    emails: [{ type: 'work', primary: true, value: 'test_user@a.example' }],
    active: true,
  });
  const { id } = made.body;
  const group = (await send('POST', '/Groups', { displayName: 'test_group', members: [{ value: id }] })).body;
  const put = await send('PUT', `/Groups/${group.id}`, { schemas: group.schemas, displayName: 'renamed', members: [] });
  t.match(put, { status: 200, body: { displayName: 'renamed' } });
  t.strictSame(await membersOf(send, group.id), []);
  t.equal((await send('PUT', `/Users/${id}`, { userName: 'test_user@a.example', active: false })).body.active, false);
  t.equal((await send('DELETE', `/Groups/${group.id}`)).status, 204);
});

t.test('Google: finds by userName and externalId, changes by PATCH with a value of many attributes, suspends', async (t) => {
  const send = await client('Google', 'application/scim+json');
  const made = await send('POST', '/Users', {
    schemas: [core],
    userName: 'cat@a.example',
    externalId: '112233445566778899000',
    name: { givenName: 'Cat', familyName: 'Lee' },
    emails: [{ type: 'work', primary: true, value: 'cat@a.example' }],
    phoneNumbers: [{ type: 'work', value: '+44 1' }],
  });
  const { id } = made.body;
  const filter = encodeURIComponent('externalId eq "112233445566778899000"');
  t.strictSame((await send('GET', `/Users?filter=${filter}&attributes=id`)).body.Resources, [{ schemas: [core], id }]);
  const value = { name: { givenName: 'Cathy' }, phoneNumbers: [{ type: 'work', value: '+44 2' }], title: 'Adviser' };
  t.match(await send('PATCH', `/Users/${id}`, { schemas: patchOp, Operations: [{ op: 'replace', value }] }), {
    status: 200,
    body: { name: { givenName: 'Cathy', familyName: 'Lee' }, phoneNumbers: [{ value: '+44 2' }], title: 'Adviser' },
  });
  const suspend = { schemas: patchOp, Operations: [{ op: 'replace', path: 'active', value: false }] };
  t.equal((await send('PATCH', `/Users/${id}`, suspend)).body.active, false);
});
