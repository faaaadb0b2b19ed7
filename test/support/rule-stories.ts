import type { AuditEntry, LogPage } from '@claras/contracts/console-api';
import type { Test } from 'tap';
import { eventually, type RestApi, settled } from './gateway.ts';

/** The running product, on either backing. */
export interface Product {
  api: RestApi;
  scimUrl: string;
}

/** Speaks SCIM; throws for anything but 2xx. */
export function client(scimUrl: string, key: string) {
  return async <T = { id: string }>(method: string, path: string, body?: object): Promise<T> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };
    const answer = await fetch(`${scimUrl}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
    return (answer.status === 204 ? { id: '' } : await answer.json()) as T;
  };
}
export const patch = (...Operations: object[]) => ({ Operations });

/** Also what was set aside is done, and told in the log. */
async function drained(api: RestApi, tenant: string): Promise<void> {
  await settled(api);
  await eventually(60_000, 'every consumer is done', async () => {
    const { items } = await api.ask<LogPage>('GET', `/tenants/${tenant}/provisioning-log?limit=1`);
    return items[0]?.consumers.every(({ done }) => done) || undefined;
  });
}

/** T19: 1,000 flaps of three mapped groups while people are made owners by hand; no owner is lower at any moment. */
export async function flapping(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Flapping', ['a.example']);
  const mapping = { manager: ['A'], adviser: ['B'], assistant: ['C'] };
  await api.map(tenant.id, tenant.provider, mapping);
  const send = client(scimUrl, tenant.key);
  const users: string[] = [];
  for (let n = 0; n < 6; n++) users.push((await send('POST', '/Users', { userName: `p${n}@a.example` })).id);
  const groups: string[] = [];
  for (const displayName of ['A', 'B', 'C']) groups.push((await send('POST', '/Groups', { displayName })).id);
  await drained(api, tenant.id);
  const team = await eventually(60_000, 'all are in the team', async () => {
    const found = await api.team(tenant.id);
    return found.length === users.length ? found : undefined;
  });
  const promoted = team.slice(0, 3).map(({ id }) => id);

  const memberOf = new Map(users.map((user) => [user, new Set<number>()]));
  const pairs = users.flatMap((user) => groups.map((_, group) => ({ user, group })));
  let flaps = 0;
  async function flap({ user, group }: { user: string; group: number }, inside: boolean): Promise<void> {
    const operation = inside
      ? { op: 'add', path: 'members', value: [{ value: user }] }
      : { op: 'remove', path: `members[value eq "${user}"]` };
    await send('PATCH', `/Groups/${groups[group]}`, patch(operation));
    memberOf.get(user)![inside ? 'add' : 'delete'](group);
    flaps++;
  }
  /** A lane has pairs of its own, so that the order of its own requests is the order that counts; it ends with all of them inside. */
  async function lane(number: number): Promise<void> {
    const own = pairs.filter((_, n) => n % 6 === number);
    for (let round = 0; round < 57; round++) for (const pair of own) await flap(pair, round % 2 === 0);
  }
  // In the middle of it: each promotion races the flaps around it.
  const hands = async () => {
    for (const [n, id] of promoted.entries()) {
      await eventually(60_000, 'the flaps go on', async () => (flaps >= 250 * (n + 1) ? true : undefined));
      await api.ask('PUT', `/tenants/${tenant.id}/team/${id}/role`, { role: 'owner' });
    }
  };
  /** Looks at the Team page again and again: whoever was seen as an owner stays one. */
  const owners = new Set<string>();
  let looking = true;
  const look = async () => {
    const lowered: string[] = [];
    for (; looking; ) {
      const team = await api.team(tenant.id);
      lowered.push(...team.filter(({ id, role }) => owners.has(id) && role !== 'owner').map(({ id }) => id));
      for (const { id, role } of team) if (role === 'owner') owners.add(id);
    }
    return lowered;
  };
  const looked = look();
  await Promise.all([hands(), ...[0, 1, 2, 3, 4, 5].map(lane)]);
  t.ok(flaps > 1000, `${flaps} flaps`);
  // Some leave their highest group, some stay in all three.
  for (const [n, user] of users.entries()) if (n % 2) await flap({ user, group: 0 }, false);
  await drained(api, tenant.id);
  looking = false;
  t.strictSame(await looked, [], 'no owner was seen lower');

  const wanted = (groups: ReadonlySet<number>) => (['manager', 'adviser', 'assistant'] as const).find((_, n) => groups.has(n));
  /** Each with the role that the rules give; a role that no group gives is whatever it is. */
  async function roles() {
    const bySubject = new Map((await api.team(tenant.id)).map((profile) => [profile.userName, profile]));
    return users.map((user, n) => {
      const { id, role } = bySubject.get(`p${n}@a.example`)!;
      return { user: `p${n}`, role, wanted: promoted.includes(id) ? 'owner' : (wanted(memberOf.get(user)!) ?? role) };
    });
  }
  const areRight = async () => (await roles()).every(({ role, wanted }) => role === wanted) || undefined;
  await eventually(60_000, 'the roles are right', areRight).catch(() => undefined);
  for (const { user, role, wanted } of await roles()) t.equal(role, wanted, user);
  const changes = await eventually(60_000, 'they stand in the audit log', async () => {
    const { items } = await api.ask<{ items: AuditEntry[] }>('GET', `/tenants/${tenant.id}/audit-log?limit=1000`);
    const found = items.filter(({ action }) => action === 'role.changed');
    return found.length > 100 ? found : undefined;
  });
  t.strictSame(
    changes.filter(({ details }) => (details as { from: string }).from === 'owner'),
    [],
    'not one of them from owner',
  );
}

/** S02: a profile is taken over by its address inside the provider’s domains only, and then keeps it. */
export async function takeOver(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Take-over', ['a.example']);
  const hand = (email: string, role: string) =>
    api.ask<{ id: string }>('POST', `/tenants/${tenant.id}/team`, { email, displayName: email, role });
  const boss = await hand('boss@a.example', 'owner');
  const outside = await hand('boss@elsewhere.example', 'owner');
  const send = client(scimUrl, tenant.key);
  const chain = await send('POST', '/Users', {
    userName: 'attacker@a.example',
    emails: [{ value: 'boss@a.example', type: 'work', primary: true }],
  });
  await send('PATCH', `/Users/${chain.id}`, patch({ op: 'replace', path: 'emails[type eq "work"].value', value: 'attacker@evil.example' }));
  await send('POST', '/Users', { userName: 'other@a.example', emails: [{ value: 'boss@elsewhere.example', primary: true }] });
  await send('POST', '/Users', { userName: 'third@a.example', emails: [{ value: 'BOSS@a.example', primary: true }] });
  const items = await eventually(60_000, 'three refusals', async () => {
    const page = await api.ask<LogPage>('GET', `/tenants/${tenant.id}/provisioning-log?refused=true`);
    return page.items.length === 3 ? page.items : undefined;
  });
  await drained(api, tenant.id);
  const team = await api.team(tenant.id);
  t.match(
    team.find(({ id }) => id === boss.id),
    { email: 'boss@a.example', role: 'owner', status: 'active' },
    'linked; its address stays',
  );
  t.notOk(team.find(({ id }) => id === outside.id)?.userName, 'an address outside the domains links nobody');
  t.equal(team.length, 2, 'and nobody else was made under their addresses');
  t.strictSame(
    items.map(({ name, type, results }) => [name, type, results[0]?.outcome]).toReversed(),
    [
      ['attacker@a.example', 'user.updated', 'refused'],
      ['other@a.example', 'user.created', 'refused'],
      ['third@a.example', 'user.created', 'refused'],
    ],
    'each refusal is told',
  );
}
