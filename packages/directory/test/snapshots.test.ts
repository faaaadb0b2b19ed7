import { fromRecord } from '@claras/contracts/cloud-event';
import type { DirectoryEvent, DirectoryFact } from '@claras/contracts/events';
import { memoryStore } from '@claras/ports/store/memory-store';
import type { Store } from '@claras/ports/store/store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import fc from 'fast-check';
import t from 'tap';
import { type GroupEdit, groups } from '../src/groups.ts';
import { providers } from '../src/providers.ts';
import { snapshots } from '../src/snapshots.ts';
import { tenants } from '../src/tenants.ts';
import { users } from '../src/users.ts';

const tenant = 'acme';
const never = new AbortController().signal;
const schemas = { user: ['urn:ietf:params:scim:schemas:core:2.0:User'], group: ['urn:ietf:params:scim:schemas:core:2.0:Group'] };
const person = (userName: string, more = {}) => ({ schemas: schemas.user, userName, active: true, ...more });
const team = (displayName: string) => ({ schemas: schemas.group, displayName });
const edit = (add: string[], remove: string[] = []): GroupEdit => ({
  attributes: (current) => current,
  members: { touched: true, clear: false, add, remove, removeWhere: [] },
});

async function open({ scim = true } = {}) {
  const store = memoryStore({ cells: 1, topicOf: { edge: 'directory' }, runtime });
  const durable = { store, runtime };
  await tenants(durable).create({ name: tenant, domains: ['acme.example'], scim });
  const events = async () =>
    (await store.outbox('edge')!.read(0, 100_000)).map(({ record }) => fromRecord<DirectoryFact>('directory', record));
  return {
    durable,
    store,
    events,
    users: users(durable),
    groups: groups(durable),
    providers: providers(durable),
    snapshots: snapshots(durable),
  };
}
type Place = Awaited<ReturnType<typeof open>>;

/** What a reader knows that hears only what is behind the start of the last snapshot. */
function known(events: readonly DirectoryEvent[]) {
  const people = new Map<string, string>();
  const teams = new Map<string, { name: string; members: Set<string> }>();
  let mapping: unknown;
  const name = ({ id, displayName }: { id: string; displayName: string }) =>
    teams.set(id, { name: displayName, members: teams.get(id)?.members ?? new Set() });
  for (const { type, data } of events.slice(events.findLastIndex(({ type }) => type === 'snapshot.started'))) {
    if (type === 'snapshot.started' || type === 'provisioning.changed') mapping = data.provisioning?.mapping;
    if (type === 'user.created' || type === 'user.updated') people.set(data.user.id, data.user.userName);
    if (type === 'snapshot.users') for (const { id, userName } of data.users) people.set(id, userName);
    if (type === 'group.created' || type === 'group.updated') name(data.group);
    if (type === 'snapshot.groups') data.groups.forEach(name);
    if (type === 'snapshot.members') for (const id of data.members) teams.get(data.group)!.members.add(id);
    // Of a group that the snapshot did not come to yet: its part says what is left of them.
    if (type === 'group.members.changed') for (const id of data.added) teams.get(data.group)?.members.add(id);
    if (type === 'group.members.changed') for (const id of data.removed) teams.get(data.group)?.members.delete(id);
    if (type === 'group.members.cleared') teams.get(data.group)?.members.clear();
    if (type === 'group.deleted') teams.delete(data.id);
    if (type === 'user.deleted') {
      people.delete(data.id);
      for (const { members } of teams.values()) members.delete(data.id);
    }
  }
  return {
    people: [...people].sort(),
    teams: [...teams].map(([id, { name, members }]) => [id, name, [...members].sort()]).sort(),
    mapping,
  };
}

async function actual({ durable, store, groups, providers }: Place) {
  const ids = async (index: string) => (await store.range('edge/acme', index, { limit: 10_000 })).members;
  const people = await Promise.all((await ids('users')).map(async (id) => [id, (await users(durable).get(tenant, id))!.resource.userName]));
  const teams = await Promise.all(
    (await ids('groups')).map(async (id) => [
      id,
      (await groups.get(tenant, id))!.resource.displayName,
      (await groups.members(tenant, id)).sort(),
    ]),
  );
  return { people: people.sort(), teams: teams.sort(), mapping: (await providers.withScim(tenant))?.mapping };
}

async function fill({ users, groups }: Place, people: number, teams: readonly number[]) {
  const made: string[] = [];
  for (let n = 0; n < people; n++) made.push((await users.create(tenant, person(`u${n}@acme.example`))).id);
  const groupsMade: string[] = [];
  for (const [n, size] of teams.entries()) groupsMade.push((await groups.create(tenant, team(`G${n}`), made.slice(0, size))).group.id);
  return { made, groupsMade };
}

t.test('a snapshot says the whole directory, in parts that Kafka takes', async (t) => {
  const place = await open();
  await fill(place, 1230, [0, 3, 1200, 0, 501]);
  await place.users.create(tenant, person('large@acme.example', { displayName: 'x'.repeat(250_000) }));
  await place.users.create(tenant, person('larger@acme.example', { displayName: 'x'.repeat(250_000) }));
  await place.users.create(tenant, person('wide@acme.example', { displayName: '語'.repeat(190_000) }));
  await place.users.create(tenant, person('wider@acme.example', { displayName: '語'.repeat(190_000) }));
  await place.snapshots.want(tenant, { by: 'operator', reason: 'a test', rebuild: false });
  t.strictSame(await place.snapshots.wanted(), [tenant]);
  while ((await place.snapshots.attend(tenant, never)) === 'unfinished');
  t.strictSame(await place.snapshots.wanted(), []);
  const events = await place.events();
  t.strictSame(known(events), await actual(place));
  const parts = events.slice(events.findIndex(({ type }) => type === 'snapshot.started'));
  for (const { data } of parts) t.ok(Buffer.byteLength(JSON.stringify(data)) < 900_000);
  t.match(parts.at(-1), { type: 'snapshot.finished', data: { users: 1234, groups: 5 } });
  t.ok(parts.length < 30, `${parts.length} events`);
  t.match(await place.snapshots.read(tenant), { by: 'operator', users: 1234, groups: 5, total: { users: 1234, groups: 5 } });
});

t.test('whatever is written meanwhile, and wherever it is broken off: snapshot and events together say what is', async (t) => {
  const some = fc.nat({ max: 10_000 });
  const write = fc.oneof(
    fc.record({ kind: fc.constantFrom('join', 'leave', 'join', 'leave') as fc.Arbitrary<string>, a: some, b: some }),
    fc.record({ kind: fc.constantFrom('delete', 'create', 'rename', 'ungroup', 'clear', 'mapping', 'stop'), a: some, b: some }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 5, maxLength: 60 }), some, async (writes, seed) => {
      const place = await open();
      const { made, groupsMade } = await fill(place, 130 + (seed % 150), [seed % 130, 2, 0, 40]);
      await place.snapshots.want(tenant, { by: 'operator', reason: 'a test', rebuild: false });
      let stopped = new AbortController();
      const until = (async () => {
        while ((await place.snapshots.wanted()).length > 0) {
          if (stopped.signal.aborted) stopped = new AbortController();
          await place.snapshots.attend(tenant, stopped.signal);
        }
      })();
      for (const [n, { kind, a, b }] of writes.entries()) {
        const [user, group] = [made[a % made.length]!, groupsMade[b % groupsMade.length]!];
        const gone = () => undefined;
        if (kind === 'join') await place.groups.update(tenant, group, edit([user])).catch(gone);
        if (kind === 'leave') await place.groups.update(tenant, group, edit([], [user])).catch(gone);
        if (kind === 'delete') await place.users.remove(tenant, user).catch(gone);
        if (kind === 'create') made.push((await place.users.create(tenant, person(`new${n}@acme.example`))).id);
        if (kind === 'rename')
          await place.users.update(tenant, user, (current) => ({ ...current, userName: `renamed${n}@acme.example` })).catch(gone);
        if (kind === 'ungroup') await place.groups.remove(tenant, group).catch(gone);
        if (kind === 'clear')
          await place.groups.update(tenant, group, { ...edit([]), members: { ...edit([]).members, clear: true } }).catch(gone);
        if (kind === 'stop') stopped.abort();
        if (kind === 'mapping') {
          const { id, version } = (await place.providers.withScim(tenant))!;
          await place.providers.setMapping(tenant, id, { manager: [`G${b % 4}`] }, { version });
        }
      }
      await until;
      t.strictSame(known(await place.events()), await actual(place));
    }),
    { numRuns: 25 },
  );
});

t.test('who asks from behind the start of a snapshot gets that one; whoever is further gets another', async (t) => {
  const place = await open();
  await fill(place, 5, [2]);
  const started = async () => (await place.events()).filter(({ type }) => type === 'snapshot.started').length;
  const ask = async (applied?: number) => {
    await place.snapshots.want(tenant, { by: 'archiver', reason: 'a gap', rebuild: false, ...(applied === undefined ? {} : { applied }) });
    await place.snapshots.attend(tenant, never);
    return started();
  };
  t.equal(await ask(3), 1);
  t.equal(await ask(4), 1, 'it is on its way');
  const { since } = (await place.snapshots.read(tenant))!;
  t.equal(await ask(since + 2), 2, 'a part of it was missed');
  t.equal(await ask(), 3, 'asked for now');
});

t.test('who claims to be further than the directory is gets one snapshot, not one after the other', async (t) => {
  const place = await open();
  await place.snapshots.want(tenant, { by: 'consumer:x', reason: 'a mistake', rebuild: false, applied: Number.MAX_SAFE_INTEGER });
  let looks = 0;
  const aWhile = {
    get aborted() {
      return ++looks > 50;
    },
  } as AbortSignal;
  await place.snapshots.attend(tenant, aWhile);
  t.equal((await place.events()).filter(({ type }) => type === 'snapshot.started').length, 1);
  t.strictSame(await place.snapshots.wanted(), []);
});

t.test('a snapshot is known to be wanted, however many others are', async (t) => {
  const { snapshots } = await open();
  const many = Array.from({ length: 1001 }, (_, n) => `t${n}`);
  for (const one of many) await snapshots.want(one, { by: 'system', reason: 'a new epoch', rebuild: true });
  const known = await Promise.all(many.map(snapshots.isWanted));
  t.strictSame([known.every((is) => is), await snapshots.isWanted('nobody')], [true, false]);
});

/** Does something once, right behind the first time that the tenant's providers are read. */
function interrupted(store: Store, meanwhile: () => Promise<void>): Store {
  let has = false;
  return {
    ...store,
    async range(scope, index, query) {
      const found = await store.range(scope, index, query);
      if (index === 'providers' && !has) {
        has = true;
        await meanwhile();
      }
      return found;
    },
  };
}

t.test('a provider that is added and switched on in the moment of a snapshot’s start stands in it', async (t) => {
  const place = await open({ scim: false });
  await fill(place, 3, [2]);
  const store = interrupted(place.store, async () => {
    const { id } = await place.providers.add(tenant, { name: 'Okta', protocol: 'oidc', domains: ['acme.example'] });
    const { version } = await place.providers.setScim(tenant, id, true);
    await place.providers.setMapping(tenant, id, { manager: ['G0'] }, { version });
  });
  await place.snapshots.want(tenant, { by: 'operator', reason: 'a test', rebuild: false });
  await snapshots({ store, runtime }).attend(tenant, never);
  t.strictSame(known(await place.events()), await actual(place));
  t.strictSame((await place.providers.withScim(tenant))?.mapping, { manager: ['G0'] });
});

t.test('M4 of two providers, one added in that moment, one has SCIM on', async (t) => {
  const place = await open({ scim: false });
  const { id } = await place.providers.add(tenant, { name: 'Entra', protocol: 'saml', domains: [] });
  const store = interrupted(place.store, async () => {
    const other = await place.providers.add(tenant, { name: 'Okta', protocol: 'oidc', domains: [] });
    await place.providers.setScim(tenant, other.id, true);
  });
  await t.rejects(providers({ store, runtime }).setScim(tenant, id, true), /SCIM is on for "Okta"/);
  t.strictSame(
    (await place.providers.list(tenant)).filter(({ scim }) => scim).map(({ name }) => name),
    ['Okta'],
  );
});

t.test('of two providers that are added at once none has the other’s name', async (t) => {
  const place = await open({ scim: false });
  const okta = { name: 'Okta', protocol: 'oidc', domains: [] } as const;
  const store = interrupted(place.store, async () => void (await place.providers.add(tenant, okta)));
  await t.rejects(providers({ store, runtime }).add(tenant, okta), /There is a provider "Okta" already/);
});
