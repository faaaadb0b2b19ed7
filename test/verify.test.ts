import type { AuditEntry, LogPage } from '@claras/contracts/console-api';
import { simulate } from '@claras/entra-simulator/simulate';
import t from 'tap';
import { eventually, localGateway, settled } from './support/gateway.ts';
import { mapping, played } from './support/provisioned.ts';
import { agrees, verified } from './support/snapshot-stories.ts';

const gateway = await localGateway();
t.teardown(gateway.remove);
const { api, scimUrl } = gateway;

t.test('M29 verify: after whole cycles the directory, the core app and the bill agree', async (t) => {
  const { id, key, provider } = await api.tenant('Agreeing', ['fabrikam.example']);
  await api.map(id, provider, mapping);
  for (const cycle of ['initial', 'delta', 'leave'] as const)
    played(t, await simulate({ seed: 31, users: 80, groups: 6, url: scimUrl, key, cycle, dialect: 'flagged' }));
  await agrees(api, id);
  const { users, profiles } = await verified(api, id);
  t.ok(users >= 60 && profiles >= users, `${users} users, ${profiles} profiles`);
});

t.test('verify says each difference; repair says the directory’s word once more, and no lower role counts at any moment', async (t) => {
  const { id, key, provider } = await api.tenant('Differing', ['fabrikam.example']);
  await api.map(id, provider, mapping);
  played(t, await simulate({ seed: 32, users: 60, groups: 6, url: scimUrl, key, cycle: 'initial', dialect: 'flagged' }));
  await agrees(api, id);
  const team = await api.team(id);
  const managers = team.filter(({ role, status }) => role === 'manager' && status === 'active');
  const [lowered, archived] = managers;
  await api.ask('PUT', `/tenants/${id}/team/${lowered!.id}/role`, { role: 'assistant' });
  await api.ask('POST', `/tenants/${id}/team/${archived!.id}/archive`);
  const before = await verified(api, id);
  t.strictSame(
    before.differences.items.map(({ profile, kind, expected, found }) => [profile, kind, expected, found]).sort(),
    [
      [lowered!.id, 'role', 'manager', 'assistant'],
      [archived!.id, 'access', 'active', 'archived'],
    ].sort(),
  );

  await settled(api);
  const newest = (await api.ask<LogPage>('GET', `/tenants/${id}/provisioning-log?limit=1`)).items[0]!.sequence;
  t.strictSame(await api.ask('POST', `/tenants/${id}/verification/repair`), { users: 2 });
  await agrees(api, id);
  await settled(api);
  const told = await eventually(60_000, 'both stand in the log, with what was done', async () => {
    const { items } = await api.ask<LogPage>('GET', `/tenants/${id}/provisioning-log?limit=100`);
    const found = items.filter(({ sequence }) => sequence > newest);
    return found.length >= 2 && found.every(({ consumers }) => consumers.every(({ done }) => done)) ? found : undefined;
  });
  const roles = told.flatMap(({ results }) => results).filter(({ facet, outcome }) => facet === 'role' && outcome === 'applied');
  t.equal(roles.length, 1, 'one role was set, once');
  const { items } = await api.ask<{ items: AuditEntry[] }>('GET', `/tenants/${id}/audit-log`);
  t.match(
    items.find(({ action }) => action === 'directory.repaired'),
    { by: 'operator', subject: 'Users' },
  );
  t.strictSame(await api.ask('POST', `/tenants/${id}/verification/repair`), { users: 0 });
});

t.test('a user who could not be linked has no profile, and is said so for as long as that is true', async (t) => {
  const { id, key } = await api.tenant('Refused', ['fabrikam.example']);
  await api.ask('POST', `/tenants/${id}/team`, { email: 'ann@elsewhere.example', displayName: 'Ann', role: 'owner' });
  const body = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'ann@elsewhere.example', displayName: 'Ann' };
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
  const made = await fetch(`${scimUrl}/Users`, { method: 'POST', headers, body: JSON.stringify(body) });
  t.equal(made.status, 201);
  await eventually(60_000, 'the difference is seen', async () => {
    const { items } = (await verified(api, id)).differences;
    return items.length === 1 && items[0]?.kind === 'missing' ? true : undefined;
  });
  t.strictSame(await api.ask('POST', `/tenants/${id}/verification/repair`), { users: 1 });
  const log = () => api.ask<LogPage>('POST', `/tenants/${id}/provisioning-log/.search`, { refused: true });
  await eventually(60_000, 'it is refused again, with its reason', async () => ((await log()).items.length === 2 ? true : undefined));
  t.match((await verified(api, id)).differences.items, [{ kind: 'missing' }]);
});
