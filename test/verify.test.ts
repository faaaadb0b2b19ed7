import type { AuditEntry, LogPage } from '@claras/contracts/console-api';
import { simulate } from '@claras/entra-simulator/simulate';
import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t from 'tap';
import { eventually, localGateway, settled } from './support/gateway.ts';
import { mapping, played } from './support/provisioned.ts';
import { agrees, verified } from './support/snapshot-stories.ts';

const gateway = await localGateway();
t.teardown(gateway.remove);
const { api, scimUrl } = gateway;

/** Profiles that are not what the core app was told, as no rule of it would make them. */
async function damaged(tenant: string, damages: readonly (readonly [profile: string, wrong: object])[]): Promise<void> {
  await settled(api);
  await gateway.stop();
  const [url, scope] = [`file:${gateway.dataDir}`, `core/${tenant}` as const];
  const { store, close } = await openBacking({ storeUrl: url, busUrl: url, cells: 64, runtime });
  for (const [profile, wrong] of damages) {
    const [entry] = await store.read<{ profile: object }>(scope, [`profile:${profile}`]);
    const person = { ...entry!.value, profile: { ...entry!.value.profile, ...wrong } };
    await store.commit(scope, { id: runtime.id(), time: runtime.now(), put: { [`profile:${profile}`]: person } });
  }
  await close();
  await gateway.start();
}

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
  await damaged(id, [
    [lowered!.id, { role: 'assistant' }],
    [archived!.id, { status: 'archived' }],
  ]);
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

t.test('what a hand set is no difference, and repair leaves it: a name is mended, and who was restored keeps the access', async (t) => {
  const { id, key, provider } = await api.tenant('By hand', ['fabrikam.example']);
  await api.map(id, provider, mapping);
  for (const cycle of ['initial', 'leave'] as const)
    played(t, await simulate({ seed: 33, users: 60, groups: 6, url: scimUrl, key, cycle, dialect: 'flagged' }));
  await agrees(api, id);
  const team = await api.team(id);
  const restored = team.find(({ scimId, status }) => scimId !== undefined && status === 'archived')!;
  const lowered = team.find(({ role, status }) => role === 'manager' && status === 'active')!;
  await api.ask('POST', `/tenants/${id}/team/${restored.id}/restore`);
  await api.ask('PUT', `/tenants/${id}/team/${lowered.id}/role`, { role: 'assistant' });
  await damaged(
    id,
    [restored, lowered].map((profile) => [profile.id, { displayName: 'Nobody' }]),
  );
  const said = await verified(api, id);
  t.strictSame(
    said.byHand.items.map(({ profile, kind, expected, found }) => [profile, kind, expected, found]).sort(),
    [
      [restored.id, 'access', 'archived', 'active'],
      [lowered.id, 'role', 'manager', 'assistant'],
    ].sort(),
  );
  t.strictSame(
    said.differences.items.map(({ profile, kind }) => [profile, kind]).sort(),
    [restored, lowered].map((profile) => [profile.id, 'identity']).sort(),
  );

  t.strictSame(await api.ask('POST', `/tenants/${id}/verification/repair`), { users: 2 });
  await agrees(api, id);
  await settled(api);
  t.strictSame((await verified(api, id)).byHand, said.byHand, 'which is said as before');
  const after = await api.team(id);
  t.match(
    after.find((profile) => profile.id === restored.id),
    { ...restored, status: 'active' },
  );
  t.match(
    after.find((profile) => profile.id === lowered.id),
    { ...lowered, role: 'assistant' },
  );
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
