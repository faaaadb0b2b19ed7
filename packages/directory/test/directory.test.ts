import { startOf } from '@claras/contracts/sequence';
import { brokenAt } from '@claras/domain/audit-chain';
import { memoryStore } from '@claras/ports/store/memory-store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { ScimError } from '@claras/scim/scim-error';
import t, { type Test } from 'tap';
import { audit } from '../src/audit.ts';
import { type GroupEdit, groups } from '../src/groups.ts';
import { keys } from '../src/keys.ts';
import { providers } from '../src/providers.ts';
import { tenants } from '../src/tenants.ts';
import { users } from '../src/users.ts';

const cells = 4;
const open = () => {
  const store = memoryStore({ cells, topicOf: { edge: 'directory' }, runtime });
  const durable = { store, runtime };
  const events = async () => {
    const found: { type: string; sequence: number; data: Record<string, unknown> }[] = [];
    for (let cell = 0; cell < cells; cell++)
      for (const { record } of await store.outbox('edge')!.read(cell, 10_000))
        found.push({
          type: record.headers.ce_type!.replace('ai.claras.directory.', ''),
          sequence: Number(record.headers.ce_sequence),
          data: JSON.parse(record.value),
        });
    return found;
  };
  return {
    durable,
    events,
    users: users(durable),
    groups: groups(durable),
    providers: providers(durable),
    tenants: tenants(durable),
    keys: keys({ ...durable, peppers: ['test'] }),
  };
};
const person = (userName: string, more = {}) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName,
  active: true,
  ...more,
});
const team = (displayName: string) => ({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName });
const add = (...ids: string[]): GroupEdit => ({
  attributes: (current) => current,
  members: { touched: true, clear: false, add: ids, remove: [], removeWhere: [] },
});
const remove = (...ids: string[]): GroupEdit => ({
  attributes: (current) => current,
  members: { touched: true, clear: false, add: [], remove: ids, removeWhere: [] },
});
/** Resolves either way: says what was wrong with the answer. */
const refused = (t: Test, answer: Promise<unknown>, fields: object): Promise<unknown> =>
  answer.then(
    () => t.fail('was accepted'),
    (error: unknown) => t.match(error, fields),
  );

t.test('one userName in a tenant, whatever its case, and the same one in another tenant', async (t) => {
  const { users } = open();
  await users.create('a', person('Ann@Example.com'));
  await refused(t, users.create('a', person('ann@example.com')), { status: 409 });
  await t.resolves(users.create('b', person('ann@example.com')));
});

t.test('of many who create the same userName at once one succeeds', async (t) => {
  const { users } = open();
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => users.create('a', person('ann'))));
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const result of results) if (result.status === 'rejected') t.ok(result.reason instanceof ScimError && result.reason.status === 409);
});

t.test('renaming a user frees the old userName and takes the new one in one step', async (t) => {
  const { users } = open();
  const ann = await users.create('a', person('ann'));
  await users.create('a', person('bob'));
  await refused(
    t,
    users.update('a', ann.id, (user) => ({ ...user, userName: 'BOB' })),
    { status: 409 },
  );
  await users.update('a', ann.id, (user) => ({ ...user, userName: 'anna' }));
  await t.resolves(users.create('a', person('ann')));
  await t.resolves(
    users.update('a', ann.id, (user) => ({ ...user, userName: 'Anna' })),
    'another case of one’s own name',
  );
});

t.test('a user who is deleted leaves every group, however many there are', async (t) => {
  const { users, groups } = open();
  const ann = await users.create('a', person('ann'));
  const made = await Promise.all(Array.from({ length: 1100 }, (_, n) => groups.create('a', team(`Team ${n}`), [ann.id])));
  await users.remove('a', ann.id);
  const left = await Promise.all(made.map(({ group }) => groups.members('a', group.id)));
  t.strictSame(left.flat(), []);
});

t.test('a change that changes nothing writes nothing and says nothing', async (t) => {
  const { users, events } = open();
  const ann = await users.create('a', person('ann', { title: 'Lead' }));
  const same = await users.update('a', ann.id, (user) => ({ ...user, title: 'Lead' }));
  t.equal(same.version, ann.version);
  t.equal((await events()).length, 1);
});

t.test('each write is one event with the tenant’s next number, the whole snapshot and what changed', async (t) => {
  const { users, events } = open();
  const ann = await users.create('a', person('ann'));
  await users.update('a', ann.id, (user) => ({ ...user, active: false, title: 'Leaver' }));
  await users.remove('a', ann.id);
  t.match(await events(), [
    { type: 'user.created', sequence: 1, data: { user: { id: ann.id, userName: 'ann', active: true } } },
    { type: 'user.updated', sequence: 2, data: { user: { id: ann.id, userName: 'ann', active: false }, changed: ['active', 'title'] } },
    { type: 'user.deleted', sequence: 3, data: { id: ann.id, userName: 'ann' } },
  ]);
});

t.test('parallel changes of one group’s members lose nothing', async (t) => {
  const { users, groups } = open();
  const group = (await groups.create('a', team('Pilots'), [])).group;
  const people = await Promise.all(Array.from({ length: 50 }, (_, n) => users.create('a', person(`user${n}`))));
  await Promise.all(people.map(({ id }) => groups.update('a', group.id, add(id))));
  t.strictSame((await groups.members('a', group.id)).sort(), people.map(({ id }) => id).sort());
  await Promise.all(people.slice(0, 25).map(({ id }) => groups.update('a', group.id, remove(id))));
  t.equal((await groups.members('a', group.id)).length, 25);
});

t.test('members who are no users of the tenant are passed over, and said', async (t) => {
  const { users, groups } = open();
  const ann = await users.create('a', person('ann'));
  const stranger = await users.create('b', person('stranger'));
  const { group, unknownMembers } = await groups.create('a', team('Pilots'), [ann.id, stranger.id, 'nobody']);
  t.strictSame(unknownMembers, [stranger.id, 'nobody']);
  t.strictSame(await groups.members('a', group.id), [ann.id]);
});

t.test('members travel as differences: who is a member already, or is none, is not in them', async (t) => {
  const { users, groups, events } = open();
  const [ann, bob] = [await users.create('a', person('ann')), await users.create('a', person('bob'))];
  const { group } = await groups.create('a', team('Pilots'), [ann.id]);
  await groups.update('a', group.id, add(ann.id, bob.id));
  await groups.update('a', group.id, add(ann.id));
  await groups.update('a', group.id, {
    attributes: (same) => same,
    members: { touched: true, clear: true, add: [bob.id], remove: [], removeWhere: [] },
  });
  await groups.update('a', group.id, {
    attributes: (same) => same,
    members: { touched: true, clear: true, add: [], remove: [], removeWhere: [] },
  });
  const about = (await events()).filter(({ type }) => type.startsWith('group.members')).map(({ type, data }) => ({ type, data }));
  t.strictSame(about, [
    { type: 'group.members.changed', data: { group: group.id, added: [ann.id], removed: [] } },
    { type: 'group.members.changed', data: { group: group.id, added: [bob.id], removed: [] } },
    { type: 'group.members.changed', data: { group: group.id, added: [], removed: [ann.id] } },
    { type: 'group.members.cleared', data: { group: group.id } },
  ]);
});

t.test('more than 500 members travel in several events, in order', async (t) => {
  const { users, groups, events } = open();
  const people = await Promise.all(Array.from({ length: 1100 }, (_, n) => users.create('a', person(`user${n}`))));
  await groups.create(
    'a',
    team('All'),
    people.map(({ id }) => id),
  );
  const about = (await events()).filter(({ type }) => type === 'group.members.changed');
  t.strictSame(
    about.map(({ data }) => (data.added as string[]).length),
    [500, 500, 100],
  );
});

t.test('a user’s groups are those that still hold it', async (t) => {
  const { users, groups } = open();
  const ann = await users.create('a', person('ann'));
  const made = await Promise.all(
    ['Kept', 'Deleted', 'Emptied', 'Left'].map(async (name) => (await groups.create('a', team(name), [ann.id])).group),
  );
  await groups.remove('a', made[1]!.id);
  await groups.update('a', made[2]!.id, {
    attributes: (same) => same,
    members: { touched: true, clear: true, add: [], remove: [], removeWhere: [] },
  });
  await groups.update('a', made[3]!.id, remove(ann.id));
  t.strictSame(
    (await users.groupsOf('a', ann.id)).map(({ resource }) => resource.displayName),
    ['Kept'],
  );
});

t.test('deleting a user takes it out of its groups', async (t) => {
  const { users, groups } = open();
  const ann = await users.create('a', person('ann'));
  const { group } = await groups.create('a', team('Pilots'), [ann.id]);
  await users.remove('a', ann.id);
  t.strictSame(await groups.members('a', group.id), []);
  await refused(t, users.remove('a', ann.id), { status: 404 });
});

t.test('M4 one provider of a tenant has SCIM on at a time', async (t) => {
  const { providers, tenants } = open();
  await tenants.create({ name: 'Acme', domains: ['Acme.Example'], scim: true });
  const [entra] = await providers.list('acme');
  t.match(entra, { name: 'Entra', scim: true, domains: ['acme.example'] });
  const okta = await providers.add('acme', { name: 'Okta', protocol: 'oidc', domains: [] });
  await t.rejects(providers.setScim('acme', okta.id, true), /SCIM is on for "Entra"/);
  await providers.setScim('acme', entra!.id, false);
  const { scimSince } = await providers.setScim('acme', okta.id, true);
  t.match(await providers.withScim('acme'), { id: okta.id, scimSince: String });
  t.equal((await providers.setScim('acme', okta.id, true)).scimSince, scimSince, 'on it stays, as of its first time');
});

t.test('M4 two providers switched on at once do not both get it', async (t) => {
  const { providers, tenants } = open();
  await tenants.create({ name: 'Acme' });
  const both = await Promise.all(['A', 'B'].map((name) => providers.add('acme', { name, protocol: 'saml', domains: [] })));
  const results = await Promise.allSettled(both.map(({ id }) => providers.setScim('acme', id, true)));
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
});

t.test('a provider is removed with SCIM off only; people, groups and keys stay, and the audit log has its role mapping', async (t) => {
  const { durable, events, groups, keys, providers, tenants, users } = open();
  await tenants.create({ name: 'Acme', domains: ['acme.example'], scim: true });
  const [entra] = await providers.list('acme');
  const { id } = entra!;
  await providers.setMapping('acme', id, { manager: ['Leads'] }, entra!);
  const { key } = await keys.create({ tenant: 'acme', name: 'k', scopes: ['scim.full'] });
  const ann = await users.create('acme', person('ann'));
  await groups.create('acme', team('Leads'), [ann.id]);
  await refused(t, providers.remove('acme', id), { code: 'conflict', message: /SCIM is on for "Entra"; turn it off first/ });
  await providers.setScim('acme', id, false);
  const before = (await events()).length;

  t.match(await providers.remove('acme', id, 'operator'), { id, name: 'Entra' });
  t.strictSame(await providers.list('acme'), []);
  t.equal((await events()).length, before, 'nothing follows from it');
  t.ok(await users.get('acme', ann.id));
  t.match(await keys.list('acme'), [{ id: key.id }]);
  t.match(await audit(durable).list('acme', { limit: 1 }), [
    { action: 'provider.removed', by: 'operator', subject: `Providers/${id}`, details: { name: 'Entra', mapping: { manager: ['Leads'] } } },
  ]);
  for (const late of [() => providers.remove('acme', id), () => providers.setScim('acme', id, true)])
    await refused(t, late(), { code: 'not-found' });
  t.match(await providers.add('acme', { name: 'Entra', protocol: 'saml', domains: [] }), { mapping: {}, scim: false }, 'its name is free');
});

t.test('of a provider that is removed and switched on at once, SCIM is never on for one that is gone', async (t) => {
  const { providers, tenants } = open();
  await tenants.create({ name: 'Acme' });
  for (let n = 0; n < 10; n++) {
    const { id } = await providers.add('acme', { name: `p${n}`, protocol: 'saml', domains: [] });
    const [removed, on] = await Promise.allSettled([providers.remove('acme', id), providers.setScim('acme', id, true)]);
    t.not(removed.status, on.status, 'one of the two');
    t.strictSame(
      (await providers.list('acme')).map(({ scim }) => scim),
      on.status === 'fulfilled' ? [true] : [],
    );
    if (on.status === 'fulfilled') await providers.remove('acme', (await providers.setScim('acme', id, false)).id);
  }
});

t.test('a mapping is saved over the version that was seen only', async (t) => {
  const { providers, tenants, events } = open();
  await tenants.create({ name: 'Acme', scim: true });
  const [entra] = await providers.list('acme');
  const seen = { version: entra!.version };
  await providers.setMapping('acme', entra!.id, { manager: ['Leads'] }, seen);
  await t.rejects(providers.setMapping('acme', entra!.id, { owner: ['Bosses'] }, seen), { code: 'conflict' });
  t.match((await events()).at(-1), { type: 'provisioning.changed', data: { provisioning: { mapping: { manager: ['Leads'] } } } });
});

t.test('M1 a tenant begins with SCIM off unless its operator says otherwise', async (t) => {
  const { providers, tenants } = open();
  const acme = await tenants.create({ name: 'Acme & Co' });
  t.equal(acme.id, 'acme-co');
  t.equal(await providers.withScim('acme-co'), undefined);
  await refused(t, tenants.create({ name: 'ACME co' }), { code: 'conflict' });
  await refused(t, tenants.create({ name: '***' }), { code: 'invalid' });
  t.strictSame(
    (await tenants.list()).map(({ id }) => id),
    ['acme-co'],
  );
});

t.test('M13 a key’s value is kept as a hash only', async (t) => {
  const { keys, durable } = open();
  const { key, value } = await keys.create({ tenant: 'a', name: 'Entra', scopes: ['scim.full'] });
  t.match(await keys.verify(value), { ok: true, tenant: 'a', scopes: ['scim.full'] });
  const [stored] = await durable.store.read('edge/', [`key:${key.id}`]);
  t.notMatch(JSON.stringify(stored), value.slice(24));
  t.notMatch(JSON.stringify(await keys.list('a')), value.slice(24));
});

t.test('M15 every key that opens is on the list, however many were made', async (t) => {
  const { keys } = open();
  const made: string[] = [];
  for (let n = 0; n < 1005; n++) made.push((await keys.create({ tenant: 'a', name: `${n}`, scopes: ['scim.full'] })).key.id);
  t.strictSame((await keys.list('a')).map(({ id }) => id).sort(), made.sort());
});

t.test('a key of a former pepper opens, and its hash is made anew when it does', async (t) => {
  const { keys: before, durable } = open();
  const { key, value } = await before.create({ tenant: 'a', name: 'Entra', scopes: ['scim.full'] });
  const idle = await before.create({ tenant: 'a', name: 'idle', scopes: ['scim.full'] });
  const token = (await before.exchange('a', value))!.token;
  t.notOk(
    (await before.list('a')).some(({ formerPepper }) => formerPepper),
    'nothing is former',
  );

  const during = keys({ ...durable, peppers: ['new', 'test'] });
  t.strictSame(
    (await during.list('a')).map(({ formerPepper }) => formerPepper),
    [true, true],
  );
  t.match(await during.verify(token), { ok: true, id: key.id }, 'a token that was signed with it, too');
  t.match(await during.verify(value), { ok: true, id: key.id });
  const former = async () => (await during.list('a')).filter(({ formerPepper }) => formerPepper).map(({ id }) => id);
  while ((await former()).length > 1) await new Promise(setImmediate);
  t.strictSame(await former(), [idle.key.id]);
  t.match(await during.verify(value), { ok: true }, 'as before');
  const newToken = (await during.exchange('a', value))!.token;

  const after = keys({ ...durable, peppers: ['new'] });
  t.match(await after.verify(value), { ok: true, id: key.id });
  t.match(await after.verify(newToken), { ok: true, id: key.id });
  t.match(await after.verify(token), { ok: false, reason: 'malformed' });
  t.match(await after.verify(idle.value), { ok: false, reason: 'unknown' });
});

t.test('a key that was kept before the pepper was noted opens, and is noted', async (t) => {
  const { keys, durable } = open();
  const { key, value } = await keys.create({ tenant: 'a', name: 'Entra', scopes: ['scim.full'] });
  const [entry] = await durable.store.read<{ pepper?: string }>('edge/', [`key:${key.id}`]);
  const { pepper: _, ...old } = entry!.value;
  await durable.store.commit('edge/', { id: 'old', time: 0, put: { [`key:${key.id}`]: old } });
  t.match(await keys.list('a'), [{ formerPepper: true }]);
  t.match(await keys.verify(value), { ok: true });
  while ((await keys.list('a'))[0]?.formerPepper) await new Promise(setImmediate);
});

t.test('M14 a malformed, unknown, expired or revoked key opens nothing', async (t) => {
  const { keys } = open();
  const other = open();
  const { key, value } = await keys.create({ tenant: 'a', name: 'Entra', scopes: ['scim.full'] });
  const expired = await keys.create({ tenant: 'a', name: 'Old', scopes: ['scim.full'], expires: '2020-01-01T00:00:00Z' });
  t.match(await keys.verify(`${value}x`), { ok: false, reason: 'malformed' });
  t.match(await keys.verify((await other.keys.create({ tenant: 'a', name: 'x', scopes: ['scim.full'] })).value), {
    ok: false,
    reason: 'unknown',
  });
  t.match(await keys.verify(expired.value), { ok: false, reason: 'expired' });
  await refused(t, keys.revoke('b', key.id), { code: 'not-found' });
  await keys.revoke('a', key.id);
  t.match(await keys.verify(value), { ok: false, reason: 'revoked' });
});

t.test('the audit log has an entry for each deed, in one chain, however many act at once', async (t) => {
  const { durable, keys, providers, tenants } = open();
  const trail = audit(durable);
  await tenants.create({ name: 'Acme', scim: true });
  const deeds = Array.from({ length: 20 }, (_, n) =>
    n % 2
      ? keys.create({ tenant: 'acme', name: `k${n}`, scopes: ['scim.full'], by: `profile:${n}` })
      : providers.add('acme', { name: `p${n}`, protocol: 'saml', domains: [] }, `profile:${n}`),
  );
  await Promise.all(deeds);
  const [key] = await keys.list('acme');
  await Promise.all([
    keys.revoke('acme', key!.id, 'operator'),
    trail.tellOfTeam('acme', [{ ...role('a'), sequence: 3 }], { from: 1, through: 3 }),
  ]);
  const before = (await trail.list('acme', { limit: 1 }))[0]!.number;
  await trail.tellOfTeam('acme', [{ ...role('a'), sequence: 3 }], { from: 1, through: 3 });
  await trail.tellOfTeam(
    'acme',
    [
      { ...role('a'), sequence: 3 },
      { ...role('b'), sequence: 5 },
    ],
    { from: 3, through: 5 },
  );
  const entries = await trail.list('acme', { limit: 100 });
  t.equal(entries[0]?.number, before + 1, 'a team event is told once');
  t.equal(brokenAt(entries.toReversed()), undefined);
  t.strictSame(new Set(entries.map(({ by }) => by)), new Set(['operator', 'scim', ...deeds.map((_, n) => `profile:${n}`)]));
  t.strictSame(
    (await trail.list('acme', { before: 4, limit: 2 })).map(({ number }) => number),
    [3, 2],
  );
});

t.test('where facts of the team are missing the audit log says so, and goes on', async (t) => {
  const { durable, tenants } = open();
  const trail = audit(durable);
  await tenants.create({ name: 'Acme', scim: true });
  const tell = (from: number, through: number) => trail.tellOfTeam('acme', [{ ...role(`${from}`), sequence: from }], { from, through });
  for (const [from, through] of [
    [1, 4],
    [5, 9],
    [7, 9],
    [12, 15],
    [startOf(1) + 1, startOf(1) + 2],
  ])
    await tell(from!, through!);
  const entries = (await trail.list('acme', { limit: 6 })).toReversed();
  t.strictSame(
    entries.map(({ action, subject, details }) => (action === 'team.events.missing' ? details : subject)),
    ['Profiles/1', 'Profiles/5', { after: 9, next: 12 }, 'Profiles/12', { after: 15, next: startOf(1) + 1 }, `Profiles/${startOf(1) + 1}`],
  );
});

const role = (id: string) => ({ by: 'scim', action: 'role.changed' as const, subject: `Profiles/${id}`, details: { to: 'manager' } });
