import type { AuditEntry, LogPage, ProvisioningEntry, RecheckProgress } from '@claras/contracts/console-api';
import t from 'tap';
import { eventually, localGateway } from './support/gateway.ts';

const gateway = await localGateway();
t.teardown(gateway.remove);
const { api, scimUrl } = gateway;

function client(key: string) {
  return async (method: string, path: string, body?: object): Promise<{ id: string }> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
    const answer = await fetch(`${scimUrl}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
    return answer.status === 204 ? { id: '' } : ((await answer.json()) as { id: string });
  };
}
const patch = (...Operations: object[]) => ({ Operations });

/** The entries about a user, oldest first, once every consumer has done with all of them. */
const timeline = (tenant: string, query: string): Promise<ProvisioningEntry[]> =>
  eventually(10_000, 'every consumer is done', async () => {
    const { items } = await api.ask<LogPage>('GET', `/tenants/${tenant}/provisioning-log?${query}`);
    const done = items.length > 0 && items.every(({ consumers }) => consumers.every((consumer) => consumer.done));
    return done ? items.toReversed() : undefined;
  });

t.test('M29 a user’s timeline: each request, what it changed, and what every consumer did, with times', async (t) => {
  const tenant = await api.tenant('Timeline', ['a.example']);
  await api.map(tenant.id, tenant.provider, { manager: ['Leads'] });
  const send = client(tenant.key);
  const { id } = await send('POST', '/Users', { userName: 'ann@a.example', displayName: 'Ann', title: 'Adviser' });
  const group = await send('POST', '/Groups', { displayName: 'Leads' });
  await send('PATCH', `/Groups/${group.id}`, patch({ op: 'add', path: 'members', value: [{ value: id }] }));
  await send(
    'PATCH',
    `/Users/${id}`,
    patch({ op: 'replace', path: 'title', value: 'Lead' }, { op: 'replace', path: 'active', value: 'False' }),
  );
  await send('DELETE', `/Users/${id}`);

  for (const user of ['ANN@a.example', id]) {
    const entries = await eventually(10_000, 'all four', async () => {
      const found = await timeline(tenant.id, `user=${user}`);
      return found.length === 4 ? found : undefined;
    });
    t.strictSame(
      entries.map(({ type, request }) => [type, request]),
      [
        ['user.created', 'POST /Users'],
        ['group.members.changed', `PATCH /Groups/${group.id}`],
        ['user.updated', `PATCH /Users/${id}`],
        ['user.deleted', `DELETE /Users/${id}`],
      ],
    );
    const did = entries.map(({ results }) => results.map(({ consumer, facet, outcome }) => `${consumer} ${facet} ${outcome}`));
    t.strictSame(did.slice(0, 3), [['profile-sync identity applied'], ['role-mapper role applied'], ['archiver access applied']]);
    t.match(did[3]?.join(), 'profile-sync removal applied');
    const changed = Object.fromEntries(entries[2]?.changes.map(({ attribute, ...values }) => [attribute, values]) ?? []);
    t.strictSame(changed, { active: { old: true, new: false }, title: { old: 'Adviser', new: 'Lead' } });
    t.match(entries[1]?.changes, [{ attribute: 'members', new: [id] }]);
    for (const { time, traceparent, results } of entries) {
      t.match(traceparent, /^00-[0-9a-f]{32}-/);
      for (const { at } of results) t.ok(Date.parse(at) >= Date.parse(time), 'done after it was asked');
    }
    t.match(entries.at(-1), { name: 'ann@a.example' }, 'who it was is still said');
  }
});

t.test('M29 what a rule refused is found, with the reason', async (t) => {
  const tenant = await api.tenant('Refused', ['a.example']);
  await api.ask('POST', `/tenants/${tenant.id}/team`, { email: 'bob@elsewhere.example', displayName: 'Bob' });
  const send = client(tenant.key);
  await send('POST', '/Users', { userName: 'ok@a.example' });
  await send('POST', '/Users', { userName: 'bob@elsewhere.example' });
  const [entry, ...others] = await timeline(tenant.id, 'refused=true');
  t.strictSame(others, []);
  t.match(entry, {
    name: 'bob@elsewhere.example',
    results: [{ facet: 'identity', outcome: 'refused', reason: /outside the provider’s domains/ }],
  });
  const { items, next } = await api.ask<LogPage>('GET', `/tenants/${tenant.id}/provisioning-log?type=user&limit=1`);
  t.match(items, [{ type: 'user.created', name: 'bob@elsewhere.example' }], 'newest first');
  const older = await api.ask<LogPage>('GET', `/tenants/${tenant.id}/provisioning-log?type=user&limit=5&before=${next}`);
  t.match(older, { items: [{ name: 'ok@a.example' }] });
  t.notOk('next' in older, 'and that is all');
});

t.test('M8 the re-check after a saved mapping tells how far it is', async (t) => {
  const tenant = await api.tenant('Progress', ['a.example']);
  const send = client(tenant.key);
  const ids: string[] = [];
  for (let n = 0; n < 12; n++) ids.push((await send('POST', '/Users', { userName: `p${n}@a.example` })).id);
  await send('POST', '/Groups', { displayName: 'Leads', members: ids.slice(0, 7).map((value) => ({ value })) });
  await send('POST', '/Groups', { displayName: 'Others', members: ids.slice(7).map((value) => ({ value })) });
  const before = (await timeline(tenant.id, '')).length;
  await api.map(tenant.id, tenant.provider, { manager: ['Leads'] });
  const recheck = await eventually(10_000, 'the re-check is done', async () => {
    const answer = await api.ask<{ recheck: RecheckProgress | null }>('GET', `/tenants/${tenant.id}/recheck`);
    return answer.recheck?.finished && answer.recheck.total > 0 ? answer.recheck : undefined;
  });
  t.match(recheck, { done: 12, total: 12, changed: 7, finished: true });
  const entries = await eventually(10_000, 'it stands in the log', async () => {
    const found = await timeline(tenant.id, '');
    return found.length > before ? found : undefined;
  });
  t.match(entries.at(-1), { type: 'provisioning.changed', resultsTotal: 7 });
});

t.test('M10 M11 a role that was changed, by a mapping or by hand, stands in the audit log with who, from what and to what', async (t) => {
  const tenant = await api.tenant('Roles', ['a.example']);
  await api.map(tenant.id, tenant.provider, { owner: ['Board'] });
  const send = client(tenant.key);
  const { id } = await send('POST', '/Users', { userName: 'ann@a.example' });
  await send('POST', '/Groups', { displayName: 'Board', members: [{ value: id }] });
  const owner = await eventually(10_000, 'an owner by mapping', async () =>
    (await api.team(tenant.id)).find(({ role }) => role === 'owner'),
  );
  await api.ask('POST', `/tenants/${tenant.id}/team`, { email: 'zoe@a.example', displayName: 'Zoe', role: 'owner' });
  await api.ask('PUT', `/tenants/${tenant.id}/team/${owner.id}/role`, { role: 'manager' });
  await api.ask('POST', `/tenants/${tenant.id}/team/${owner.id}/archive`);
  const entries = await eventually(10_000, 'all of it is told', async () => {
    const { items } = await api.ask<{ items: AuditEntry[] }>('GET', `/tenants/${tenant.id}/audit-log`);
    const found = items.filter(({ subject }) => subject === `Profiles/${owner.id}`).toReversed();
    return found.length === 3 ? found : undefined;
  });
  t.match(entries, [
    { by: 'scim', action: 'role.changed', details: { from: 'adviser', to: 'owner' } },
    { by: 'operator', action: 'role.changed', details: { from: 'owner', to: 'manager' } },
    { by: 'operator', action: 'profile.archived' },
  ]);
});
