import type {
  AlarmList,
  AuditEntry,
  Erased,
  LogPage,
  ProvisioningEntry,
  RecheckProgress,
  RoleExplanation,
} from '@claras/contracts/console-api';
import type { Test } from 'tap';
import { eventually, isWell, type RestApi } from './gateway.ts';
import { client, type Product, patch } from './rule-stories.ts';

/** The entries about a user that the log has by now, oldest first, once every consumer has done with all of them. */
const timeline = (api: RestApi, tenant: string, query: string): Promise<ProvisioningEntry[]> =>
  eventually(60_000, 'every consumer is done', async () => {
    const { items } = await api.ask<LogPage>('GET', `/tenants/${tenant}/provisioning-log?${query}`);
    const done = items.length > 0 && items.every(({ consumers }) => consumers.every((consumer) => consumer.done));
    return done ? items.toReversed() : undefined;
  });

/** M29: each request of a user, what it changed, and what every consumer did, with times. */
export async function timelineOf(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Timeline', ['a.example']);
  await api.map(tenant.id, tenant.provider, { manager: ['Leads'] });
  const send = client(scimUrl, tenant.key);
  const { id } = await send('POST', '/Users', { userName: 'ann@a.example', displayName: 'Ann', title: 'Adviser' });
  const group = await send('POST', '/Groups', { displayName: 'Leads' });
  await send('PATCH', `/Groups/${group.id}`, patch({ op: 'add', path: 'members', value: [{ value: id }] }));
  await send(
    'PATCH',
    `/Users/${id}`,
    patch({ op: 'replace', path: 'title', value: 'Lead' }, { op: 'replace', path: 'active', value: 'False' }),
  );
  // A removal that overtakes the archive makes it stale: the archive first.
  await eventually(60_000, 'all three', async () => ((await timeline(api, tenant.id, `user=${id}`)).length === 3 ? true : undefined));
  await send('DELETE', `/Users/${id}`);

  for (const user of ['ANN@a.example', id]) {
    const entries = await eventually(60_000, 'all four', async () => {
      const found = await timeline(api, tenant.id, `user=${user}`);
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
}

/** M29: what a rule refused is found, with the reason. */
export async function refusals(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Refused', ['a.example']);
  await api.ask('POST', `/tenants/${tenant.id}/team`, { email: 'bob@elsewhere.example', displayName: 'Bob' });
  const send = client(scimUrl, tenant.key);
  await send('POST', '/Users', { userName: 'ok@a.example' });
  await send('POST', '/Users', { userName: 'bob@elsewhere.example' });
  const [entry, ...others] = await timeline(api, tenant.id, 'refused=true');
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
}

/** Erasure: the log no longer says who a deleted person was; what was asked and done, and everybody else, stays. */
export async function erasure(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Erased', ['a.example']);
  const send = client(scimUrl, tenant.key);
  const log = (query: string) => api.ask<LogPage>('GET', `/tenants/${tenant.id}/provisioning-log?limit=200&${query}`);
  const erase = (user: string) => api.ask<Erased>('POST', `/tenants/${tenant.id}/provisioning-log/.erase`, { user });
  const { id } = await send('POST', '/Users', { userName: 'ann.early@a.example', displayName: 'Ann Early' });
  const { id: bob } = await send('POST', '/Users', { userName: 'bob@a.example' });
  const { id: group } = await send('POST', '/Groups', { displayName: 'Crew', members: [{ value: id }, { value: bob }] });
  // More than a page of the log.
  for (let n = 0; n < 120; n++) await send('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'title', value: `Secret ${n}` }));
  await send('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'userName', value: 'ann.late@a.example' }));
  await timeline(api, tenant.id, `user=${id}`);
  await t.rejects(erase('ann.late@a.example'), /409.*The directory still has this user/);
  await send('DELETE', `/Users/${id}`);
  // Refused for as long as the log has not read the removal.
  t.strictSame(await eventually(60_000, 'it is erased', () => erase('ann.late@a.example')), { user: id });

  const all = await timeline(api, tenant.id, 'limit=200');
  t.notMatch(JSON.stringify(all), /ann\.|early|secret/i);
  const { items } = await log(`user=${id}`);
  t.equal(items.filter(({ subject }) => subject === `Users/${id}`).length, 123);
  t.match(items[0], { type: 'user.deleted', name: '(erased)', request: `DELETE /Users/${id}`, changes: [] });
  t.ok(items[0]?.results.some(({ facet }) => facet === 'removal'));
  t.match(
    all.find(({ subject }) => subject === `Groups/${group}`),
    { name: 'Crew' },
  );
  t.match((await log(`user=bob@a.example`)).items.at(-1), { name: 'bob@a.example' });
  for (const name of ['ann.early@a.example', 'ann.late@a.example']) t.strictSame((await log(`user=${name}`)).items, []);
  t.strictSame(await erase(id), { user: id }, 'again it changes nothing');
  await t.rejects(erase('nobody@a.example'), /404/);
  const { items: audited } = await api.ask<{ items: AuditEntry[] }>('GET', `/tenants/${tenant.id}/audit-log`);
  t.match(
    audited.find(({ action }) => action === 'log.erased'),
    { by: 'operator', subject: `Users/${id}` },
  );
}

/** M29: a write that the edge refused stands between the requests that it came between, under the user that it is about. */
export async function refusedRequests(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Refused requests', ['a.example']);
  const send = client(scimUrl, tenant.key);
  const { id } = await send('POST', '/Users', { userName: 'ann@a.example' });
  await timeline(api, tenant.id, `user=${id}`);
  const refused = async (method: string, path: string, body: object, status: number) => {
    const headers = { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/scim+json' };
    t.equal((await fetch(`${scimUrl}${path}`, { method, headers, body: JSON.stringify(body) })).status, status);
  };
  const user = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'ann@a.example' };
  await refused('POST', '/Users', user, 409);
  await refused('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'userName', value: 7 }), 400);
  await send('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'title', value: 'Lead' }));
  const all = await eventually(60_000, 'they stand in the log', async () => {
    const { items } = await api.ask<LogPage>('GET', `/tenants/${tenant.id}/provisioning-log?limit=4`);
    return items[0]?.type === 'user.updated' && items.filter(({ refused }) => refused).length === 2 ? items : undefined;
  });
  t.match(all, [
    { type: 'user.updated' },
    { type: 'request.refused', request: `PATCH /Users/${id}`, name: 'ann@a.example', users: 1, refused: { status: 400 } },
    { type: 'request.refused', request: 'POST /Users', users: 0, refused: { status: 409, scimType: 'uniqueness', key: String } },
    { type: 'user.created' },
  ]);
  const page = (query: string) => api.ask<LogPage>('GET', `/tenants/${tenant.id}/provisioning-log?${query}`);
  t.strictSame((await page('refused=true')).items, all.slice(1, 3));
  t.match(
    (await page(`user=${id}`)).items.map(({ type }) => type),
    ['user.updated', 'request.refused', 'user.created'],
  );
  const first = await page('limit=2');
  t.equal(first.next, all[1]?.id);
  t.strictSame((await page(`limit=2&before=${first.next}`)).items, all.slice(2));
}

/** M8: the re-check after a saved mapping tells how far it is. */
export async function recheckProgress(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Progress', ['a.example']);
  const send = client(scimUrl, tenant.key);
  const ids: string[] = [];
  for (let n = 0; n < 12; n++) ids.push((await send('POST', '/Users', { userName: `p${n}@a.example` })).id);
  await send('POST', '/Groups', { displayName: 'Leads', members: ids.slice(0, 7).map((value) => ({ value })) });
  await send('POST', '/Groups', { displayName: 'Others', members: ids.slice(7).map((value) => ({ value })) });
  await eventually(60_000, 'everyone has a profile', async () => ((await api.team(tenant.id)).length === 12 ? true : undefined));
  await api.map(tenant.id, tenant.provider, { manager: ['Leads'] });
  const recheck = await eventually(60_000, 'the re-check is done', async () => {
    const answer = await api.ask<{ recheck: RecheckProgress | null }>('GET', `/tenants/${tenant.id}/recheck`);
    return answer.recheck?.finished && answer.recheck.total > 0 ? answer.recheck : undefined;
  });
  t.match(recheck, { done: 12, total: 12, changed: 7, finished: true });
  const entries = await eventually(60_000, 'it stands in the log', async () => {
    const found = await timeline(api, tenant.id, 'type=provisioning.changed');
    return found.at(-1)?.resultsTotal ? found : undefined;
  });
  t.match(entries.at(-1), { type: 'provisioning.changed', resultsTotal: 7 });
}

/** M10 M11: a role that was changed, by a mapping or by hand, stands in the audit log. */
export async function roleAudit(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Roles', ['a.example']);
  await api.map(tenant.id, tenant.provider, { owner: ['Board'] });
  const send = client(scimUrl, tenant.key);
  const { id } = await send('POST', '/Users', { userName: 'ann@a.example' });
  await send('POST', '/Groups', { displayName: 'Board', members: [{ value: id }] });
  const owner = await eventually(60_000, 'an owner by mapping', async () =>
    (await api.team(tenant.id)).find(({ role }) => role === 'owner'),
  );
  await api.ask('POST', `/tenants/${tenant.id}/team`, { email: 'zoe@a.example', displayName: 'Zoe', role: 'owner' });
  await api.ask('PUT', `/tenants/${tenant.id}/team/${owner.id}/role`, { role: 'manager' });
  await api.ask('POST', `/tenants/${tenant.id}/team/${owner.id}/archive`);
  const entries = await eventually(60_000, 'all of it is told', async () => {
    const { items } = await api.ask<{ items: AuditEntry[] }>('GET', `/tenants/${tenant.id}/audit-log`);
    const found = items.filter(({ subject }) => subject === `Profiles/${owner.id}`).toReversed();
    return found.length === 3 ? found : undefined;
  });
  t.match(entries, [
    { by: 'scim', action: 'role.changed', details: { to: 'owner' } },
    { by: 'operator', action: 'role.changed', details: { from: 'owner', to: 'manager' } },
    { by: 'operator', action: 'profile.archived' },
  ]);
  t.match(await api.ask<RoleExplanation>('GET', `/tenants/${tenant.id}/team/${owner.id}/role`), {
    ...{ profile: { id: owner.id }, role: 'manager', scim: true, reason: 'hand', given: 'owner' },
    because: [{ group: 'Board', role: 'owner' }],
    last: { by: 'operator', to: 'manager' },
  });
}

/** M18: which SCIM user a profile that was there before was linked to stands in the audit log. */
export async function linkAudit(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Links', ['a.example']);
  const profile = await api.ask<{ id: string }>('POST', `/tenants/${tenant.id}/team`, { email: 'ann@a.example', displayName: 'Ann' });
  const send = client(scimUrl, tenant.key);
  await send('POST', '/Users', { userName: 'new@a.example' });
  const { id } = await send('POST', '/Users', { userName: 'ann@a.example' });
  const links = (count: number) =>
    eventually(60_000, `${count} links are told`, async () => {
      const { items } = await api.ask<{ items: AuditEntry[] }>('GET', `/tenants/${tenant.id}/audit-log`);
      const found = items.filter(({ action }) => action === 'profile.linked').toReversed();
      return found.length === count ? found : undefined;
    });
  const subject = `Profiles/${profile.id}`;
  t.match(await links(1), [{ by: 'scim', subject, details: { user: id } }], 'not of a profile that SCIM made');

  await send('DELETE', `/Users/${id}`);
  const again = await send('POST', '/Users', { userName: 'ann@a.example' });
  t.match((await links(2))[1], { by: 'scim', subject, details: { user: again.id } });
}

/** M11: by hand the last active owner stays; Entra may archive them, which is an alarm until there is an owner again. */
export async function ownerless(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Ownerless', ['a.example']);
  const send = client(scimUrl, tenant.key);
  const owner = await api.ask<{ id: string }>('POST', `/tenants/${tenant.id}/team`, {
    ...{ email: 'ann@a.example', displayName: 'Ann', role: 'owner' },
  });
  const { id } = await send('POST', '/Users', { userName: 'ann@a.example' });
  const told = (count: number) =>
    eventually(60_000, `${count} alarms`, async () => {
      const { items } = await api.ask<AlarmList>('GET', '/alarms');
      const found = items.filter(({ tenant: whose, kind }) => whose === tenant.id && kind === 'no-owner');
      return found.length === count ? found : undefined;
    });
  await send('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: false }));
  t.match(await told(1), [{ consumer: 'audit-log', kind: 'no-owner', detail: /no active owner.*claras-scim team/ }]);
  await eventually(60_000, 'it is the tenant’s affair: nothing of ours waits', () => isWell(scimUrl));
  await api.ask('POST', `/tenants/${tenant.id}/team/${owner.id}/restore`);
  await told(0);
}

/** M18: who was refused since the provider has not their domain is linked once it has. */
export async function domainAdded(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Domains', ['a.example']);
  await api.ask('POST', `/tenants/${tenant.id}/team`, { email: 'ann@b.example', displayName: 'Ann', role: 'manager' });
  const send = client(scimUrl, tenant.key);
  const { id } = await send('POST', '/Users', { userName: 'ann@b.example' });
  await eventually(60_000, 'a refusal', async () => {
    const { items } = await api.ask<LogPage>('GET', `/tenants/${tenant.id}/provisioning-log?refused=true&user=${id}`);
    return items.length === 1 ? items : undefined;
  });
  await api.ask('PATCH', `/tenants/${tenant.id}/providers/${tenant.provider}`, { domains: ['a.example', 'B.example'] });
  const [ann, ...others] = await eventually(60_000, 'the link', async () => {
    const team = await api.team(tenant.id);
    return team.some(({ scimId }) => scimId === id) ? team : undefined;
  });
  t.match(ann, { scimId: id, email: 'ann@b.example', role: 'manager', status: 'active' });
  t.strictSame(others, []);
}

/** M29: what a request was taken without stands in the log, under the user that it is about. */
export async function ignoredParts(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Ignored', ['a.example']);
  const send = client(scimUrl, tenant.key);
  const { id } = await send('POST', '/Users', { userName: 'ann@a.example', shoeSize: 44 });
  const items = await eventually(60_000, 'both entries', async () => {
    const page = await api.ask<LogPage>('GET', `/tenants/${tenant.id}/provisioning-log?user=${id}`);
    // The entry can be read before the directory's event, which has the name.
    return page.items.length === 2 && page.items[0]?.name ? page.items : undefined;
  });
  t.match(items, [
    { type: 'request.ignored', request: 'POST /Users', name: 'ann@a.example', users: 1, ignored: { ignored: ['shoeSize'], key: String } },
    { type: 'user.created' },
  ]);
  t.equal(items[0]?.traceparent, items[1]?.traceparent, 'one request');
  t.strictSame((await api.ask<LogPage>('GET', `/tenants/${tenant.id}/provisioning-log?refused=true`)).items, []);
}
