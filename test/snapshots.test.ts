import type { LogPage } from '@claras/contracts/console-api';
import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t from 'tap';
import { eventually, isWell, localGateway, settled } from './support/gateway.ts';
import { agrees, finished, provisioned, snapshotByHand, snapshotOf } from './support/snapshot-stories.ts';

/** What the directory says anew, to readers that lost what they knew. */
const gateway = await localGateway();
t.teardown(gateway.remove);
const { api, scimUrl, dataDir } = gateway;

const healthy = () => eventually(60_000, 'nobody waits any more', () => isWell(gateway.url));

interface Answer {
  id?: string;
  Resources?: { id: string }[];
}

t.test('a snapshot by hand changes nothing that is right, and nothing that a hand set', (t) => snapshotByHand(t, api, scimUrl));

t.test('consumers that lost what they knew ask for a snapshot with the next event and know it again', async (t) => {
  const { id, key } = await provisioned(t, api, scimUrl, 'Forgetful', 52);
  await settled(api);
  await gateway.stop();
  const { store, close } = await openBacking({ storeUrl: `file:${dataDir}`, busUrl: `file:${dataDir}`, cells: 64, runtime });
  const users = (await store.range(`edge/${id}`, 'users', { limit: 1000 })).members;
  const groups = (await store.range(`edge/${id}`, 'groups', { limit: 1000 })).members;
  for (const consumer of ['role-mapper', 'profile-sync', 'archiver', 'provisioning-log'])
    await store.commit(`${consumer}/${id}`, {
      id: runtime.id(),
      time: runtime.now(),
      remove: ['position', 'mapping', 'known', ...users.map((user) => `user:${user}`), ...groups.map((group) => `group:${group}`)],
      drop: ['users', ...groups.map((group) => `members:${group}`)],
    });
  await close();
  await gateway.start();

  // A user comes into a mapped group, which the role-mapper does not know any more.
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
  const ask = async (method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await fetch(scimUrl + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    t.ok(answer.ok, `${method} ${path} ${answer.status}`);
    return answer.status === 204 ? {} : ((await answer.json()) as Answer);
  };
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
  const { id: user } = await ask('POST', '/Users', { schemas, userName: 'new@fabrikam.example', displayName: 'New', active: true });
  const { Resources = [] } = await ask('GET', `/Groups?filter=displayName+eq+"Claras Managers"&excludedAttributes=members`);
  const Operations = [{ op: 'Add', path: 'members', value: [{ value: user }] }];
  await ask('PATCH', `/Groups/${Resources[0]!.id}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });

  const { by } = await finished(api, id);
  t.match(by, /^consumer:(profile-sync|role-mapper|archiver|provisioning-log)$/);
  await agrees(api, id);
  const added = (await api.team(id)).find(({ userName }) => userName === 'new@fabrikam.example');
  t.match(added, { role: 'manager', status: 'active' });
  await healthy();
  await settled(api);
  t.notOk((await snapshotOf(api, id)).wanted, 'and nobody asks again');
});

t.test('after a new epoch every tenant gets a snapshot, and its events go on', async (t) => {
  const { id } = await provisioned(t, api, scimUrl, 'New epoch', 53);
  t.strictSame(await api.ask('POST', '/epoch'), { epoch: 1 });
  const { users } = await finished(api, id, ({ snapshot }) => snapshot?.reason === 'a new epoch');
  t.equal(users, (await api.team(id)).length);
  await agrees(api, id);
  await settled(api);
  await healthy();
});

t.test('M18 who could not be linked is linked when the address is given up, with no word from Entra about them', async (t) => {
  const { id, key } = await api.tenant('Twins', ['fabrikam.example']);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
  const send = async (method: string, path: string, body: object) =>
    (await (await fetch(scimUrl + path, { method, headers, body: JSON.stringify(body) })).json()) as Answer;
  const person = (userName: string) => ({
    ...{ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, displayName: userName, active: true },
    emails: [{ type: 'work', value: 'shared@fabrikam.example', primary: true }],
  });
  const first = await send('POST', '/Users', person('first@fabrikam.example'));
  await send('POST', '/Users', person('second@fabrikam.example'));
  const people = async () => (await api.team(id)).map(({ userName, email }) => `${userName} ${email}`).sort();
  const refused = () => api.ask<LogPage>('GET', `/tenants/${id}/provisioning-log?refused=true`);
  await eventually(60_000, 'the second is refused', async () => ((await refused()).items.length === 1 ? true : undefined));
  t.strictSame(await people(), ['first@fabrikam.example shared@fabrikam.example']);
  const value = [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'own@fabrikam.example' }];
  await send('PATCH', `/Users/${first.id}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: value });
  const both = ['first@fabrikam.example own@fabrikam.example', 'second@fabrikam.example shared@fabrikam.example'];
  await eventually(60_000, 'both have a profile', async () => (`${await people()}` === `${both}` ? true : undefined));
  await agrees(api, id);
});
