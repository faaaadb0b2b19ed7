import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SessionReport } from '@claras/contracts/console-api';
import t from 'tap';
import { consoleServer } from '../src/console-server.ts';
import { openIdConnect } from '../src/sign-in/openid-connect.ts';
import { signIn } from '../src/sign-in/sign-in.ts';
import { consoleUnderTest } from './console-under-test.ts';

const minute = 60_000;

/** A console with Acme and a clock that is moved by hand. */
async function open() {
  const { parts, tenants } = await consoleUnderTest();
  let ahead = 0;
  const runtime = { ...parts.runtime, now: () => parts.runtime.now() + ahead };
  const doors = signIn({ store: parts.store, runtime, team: parts.team });
  await tenants.create({ name: 'Acme', scim: true });
  await tenants.create({ name: 'Other' });
  const app = consoleServer({ ...parts, runtime, signIn: doors });
  const person = (role: 'owner' | 'manager' | 'adviser' | 'assistant') =>
    parts.team.create('acme', { email: `${role}@acme.example`, displayName: role, role });

  /** A browser: keeps its cookie and sends what a page sends. */
  function browser(origin = 'http://127.0.0.1:8080') {
    let cookie = '';
    let csrf = '';
    async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object, headers: Record<string, string> = {}) {
      const url = new URL(origin);
      const response = await app.inject({
        method,
        url: `/api/v1${path}`,
        headers: {
          host: url.host,
          ...(cookie ? { cookie } : {}),
          ...(method === 'GET' ? {} : { origin, 'x-csrf-token': csrf }),
          ...headers,
        },
        ...(body ? { payload: body } : {}),
      });
      const set = response.headers['set-cookie'];
      if (typeof set === 'string') cookie = set.split(';')[0] as string;
      if (response.statusCode < 300 && path.startsWith('/session') && method !== 'DELETE') csrf = response.json<SessionReport>().csrf;
      return response;
    }
    const enter = async (tenant?: string, email?: string) => {
      const token = await doors.link(tenant && email ? { tenant, email } : { operator: true });
      return ask('POST', '/session', { token });
    };
    return { ask, enter, cookie: () => cookie };
  }
  const move = (by: number) => {
    ahead += by;
  };
  return { parts, app, doors, person, browser, move, runtime };
}

t.test('a one-time link signs in once, within an hour, and whoever it names', async (t) => {
  const { doors, browser, person, move } = await open();
  await person('owner');
  const token = await doors.link({ tenant: 'acme', email: 'owner@acme.example' });
  const first = browser();
  const entered = await first.ask('POST', '/session', { token });
  t.equal(entered.statusCode, 201);
  t.match(entered.json(), { tenant: 'acme', profile: { role: 'owner' }, manages: true, tenantUrl: 'http://127.0.0.1:8080/api/scim/v2' });
  t.match(entered.headers['set-cookie'], /^claras-session=.*; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
  t.equal((await first.ask('GET', '/tenants/acme/providers')).statusCode, 200);
  t.equal((await browser().ask('POST', '/session', { token })).statusCode, 401, 'once');
  const late = await doors.link({ operator: true });
  move(61 * minute);
  t.equal((await browser().ask('POST', '/session', { token: late })).statusCode, 401, 'within an hour');
});

t.test('over https the cookie is __Host- and Secure; over plain http from elsewhere there is none', async (t) => {
  const { parts, person, doors } = await open();
  await person('owner');
  const app = consoleServer({ ...parts, signIn: doors, publicUrl: 'https://claras.example' });
  const post = async (payload: object) =>
    app.inject({ method: 'POST', url: '/api/v1/session', headers: { origin: 'https://claras.example' }, payload });
  const entered = await post({ token: await doors.link({ operator: true }) });
  t.match(entered.headers['set-cookie'], /^__Host-claras-session=.*; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+; Secure$/);
  t.equal(
    (
      await consoleServer({ ...parts, signIn: doors }).inject({
        method: 'POST',
        url: '/api/v1/session',
        headers: { host: 'claras.example' },
        payload: { token: await doors.link({ operator: true }) },
      })
    ).statusCode,
    403,
  );
});

t.test('an owner manages, a manager reads, an adviser and an assistant have no access', async (t) => {
  const { browser, person } = await open();
  for (const role of ['owner', 'manager', 'adviser', 'assistant'] as const) await person(role);
  for (const role of ['adviser', 'assistant']) t.equal((await browser().enter('acme', `${role}@acme.example`)).statusCode, 403, role);
  t.equal((await browser().enter('acme', 'nobody@acme.example')).statusCode, 403);
  const manager = browser();
  t.match((await manager.enter('acme', 'manager@acme.example')).json(), { manages: false });
  t.equal((await manager.ask('GET', '/tenants/acme/team')).statusCode, 200);
  t.equal((await manager.ask('POST', '/tenants/acme/provisioning-log/.search', {})).statusCode, 200, 'a search is a read');
  t.equal((await manager.ask('POST', '/tenants/acme/keys', { name: 'k', scopes: ['scim.full'] })).statusCode, 403);
  const owner = browser();
  await owner.enter('acme', 'owner@acme.example');
  t.equal((await owner.ask('POST', '/tenants/acme/keys', { name: 'k', scopes: ['scim.full'] })).statusCode, 201);
  t.equal((await owner.ask('GET', '/tenants/other/team')).statusCode, 403, 'another tenant');
  for (const path of ['/tenants', '/lag']) t.equal((await owner.ask('GET', path)).statusCode, 403, path);
  t.equal((await owner.ask('POST', '/console-links', {})).statusCode, 403);
});

t.test('whoever is archived, or is owner and manager no longer, is out at once', async (t) => {
  const { parts, browser, person } = await open();
  await person('owner');
  const [gone, lowered] = await Promise.all(
    ['gone', 'lowered'].map((name) => parts.team.create('acme', { email: `${name}@acme.example`, displayName: name, role: 'owner' })),
  );
  const [one, two] = [browser(), browser()];
  await one.enter('acme', 'gone@acme.example');
  await two.enter('acme', 'lowered@acme.example');
  await parts.team.byHand('acme', gone!.id, { command: 'archive' });
  await parts.team.byHand('acme', lowered!.id, { command: 'change-role', role: 'adviser' });
  for (const each of [one, two]) t.equal((await each.ask('GET', '/tenants/acme/team')).statusCode, 401);
  await parts.team.byHand('acme', lowered!.id, { command: 'change-role', role: 'manager' });
  t.equal((await two.ask('GET', '/tenants/acme/team')).statusCode, 200);
});

t.test('a change asks for the page’s own CSRF token and for its own origin', async (t) => {
  const { browser, person } = await open();
  await person('owner');
  const owner = browser();
  await owner.enter('acme', 'owner@acme.example');
  const change = (headers: Record<string, string>) => owner.ask('POST', '/tenants/acme/providers', { name: 'x' }, headers);
  t.equal((await change({ 'x-csrf-token': 'x'.repeat(43) })).statusCode, 403);
  t.equal((await change({ origin: 'https://evil.example' })).statusCode, 403);
  t.equal((await change({ 'sec-fetch-site': 'cross-site' })).statusCode, 403);
  t.equal((await change({})).statusCode, 201);
});

t.test('making and rotating keys asks for a sign-in within the last 5 minutes, by the same person', async (t) => {
  const { browser, person, doors, move } = await open();
  await person('owner');
  await person('manager');
  const owner = browser();
  await owner.enter('acme', 'owner@acme.example');
  const make = () => owner.ask('POST', '/tenants/acme/keys', { name: 'k', scopes: ['scim.full'] });
  move(6 * minute);
  t.match((await make()).json(), { status: 403, type: 'urn:claras:problem:verification-needed' });
  const other = await doors.link({ tenant: 'acme', email: 'manager@acme.example' });
  t.equal((await owner.ask('POST', '/session/verification', { token: other })).statusCode, 403, 'someone else');
  const own = await doors.link({ tenant: 'acme', email: 'owner@acme.example' });
  t.equal((await owner.ask('POST', '/session/verification', { token: own })).statusCode, 200);
  t.equal((await make()).statusCode, 201);
});

t.test(
  'who leaves for the identity provider writes nothing here, and comes back within 10 minutes with what was given, or not at all',
  async (t) => {
    const asked: string[] = [];
    const provider = createServer((request, response) => {
      asked.push(request.url!);
      const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
      const ends = { authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ issuer, ...ends }));
    }).listen(0, '127.0.0.1');
    t.teardown(() => provider.close());
    await once(provider, 'listening');
    const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    const { parts, move, runtime } = await open();
    const openId = openIdConnect({ issuer, clientId: 'claras', clientSecret: 'a secret for tests', runtime });
    const app = consoleServer({ ...parts, openId });
    const get = (path: string, cookie = '') =>
      app.inject({ url: `/api/v1/session/openid${path}`, headers: { host: '127.0.0.1:8080', ...(cookie ? { cookie } : {}) } });
    const leave = async () => {
      const { headers } = await get('?tenant=acme');
      const state = new URL(headers.location!).searchParams.get('state');
      return { cookie: String(headers['set-cookie']).split(';')[0] as string, back: `/callback?code=x&state=${state}` };
    };
    const before = parts.store.range('console/', 'endings', { limit: 0 });
    const [one, two] = await Promise.all([leave(), leave()]);
    t.equal((await parts.store.range('console/', 'endings', { limit: 0 })).total, (await before).total);

    const tokensAsked = () => asked.filter((path) => path === '/token').length;
    for (const [back, cookie] of [
      [two.back, one.cookie],
      [one.back, one.cookie.replace(/.(?=.{9}$)/, (char) => (char === 'A' ? 'B' : 'A'))],
      [one.back, 'claras-openid=x'],
      [one.back, ''],
    ] as const)
      t.equal((await get(back, cookie)).headers.location, '/console/sign-in?refused');
    t.equal(tokensAsked(), 0);
    await get(one.back, one.cookie);
    t.equal(tokensAsked(), 1);
    move(10 * minute);
    await get(two.back, two.cookie);
    t.equal(tokensAsked(), 1, 'too late');
  },
);

t.test('a session ends after 30 idle minutes, a page that refreshes itself not counted, after 12 hours, and by signing out', async (t) => {
  const { parts, browser, person, move } = await open();
  await person('owner');
  const enter = async () => {
    const one = browser();
    await one.enter('acme', 'owner@acme.example');
    return one;
  };
  const status = async (one: ReturnType<typeof browser>, headers = {}) => (await one.ask('GET', '/session', undefined, headers)).statusCode;

  const idle = await enter();
  for (let n = 0; n < 3; n++) {
    move(9 * minute);
    t.equal(await status(idle, { 'x-background': '1' }), 200);
  }
  move(4 * minute);
  t.equal(await status(idle, { 'x-background': '1' }), 401);

  const busy = await enter();
  for (let hours = 0; hours < 12; hours += 0.25) {
    t.equal(await status(busy), 200);
    move(15 * minute);
  }
  t.equal(await status(busy), 401, 'whatever is done');

  const out = await enter();
  const [, tenant = '', token = ''] = /=([^.]+)\.(.+)$/.exec(out.cookie()) ?? [];
  t.ok(await parts.team.session(tenant, token));
  t.equal((await out.ask('DELETE', '/session')).statusCode, 200);
  t.equal(await status(out), 401);
  t.equal(await parts.team.session(tenant, token), undefined, 'the core app’s session too');
});

t.test('who signs out is out, also where a request is seen in that very moment', async (t) => {
  const { parts, doors, move, runtime } = await open();
  const cookie = (await doors.open({ operator: true })) as string;
  move(2 * minute);
  const leaving = signIn({
    runtime,
    team: parts.team,
    store: {
      ...parts.store,
      read: async <T>(...asked: Parameters<typeof parts.store.read>) => {
        const found = await parts.store.read<T>(...asked);
        await doors.who(cookie);
        return found;
      },
    },
  });
  await leaving.close(cookie);
  t.equal(await doors.who(cookie), undefined);
});
