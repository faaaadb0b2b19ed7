import type {
  AlarmList,
  AuditEntry,
  ConsumerState,
  CreatedApiKey,
  LagReport,
  Problem,
  Provider,
  VersionedMapping,
} from '@claras/contracts/console-api';
import { BusUnavailable } from '@claras/ports/bus/bus';
import { CoreAppUnavailable } from '@claras/ports/core-app/core-app';
import { alarms } from '@claras/service-kit/alarms';
import Fastify, { type FastifyInstance } from 'fastify';
import t from 'tap';
import { type ConsoleParts, consoleApi } from '../src/api/console-api.ts';
import { consoleServer } from '../src/console-server.ts';
import { outcomeWriter } from '../src/provisioning-log/outcome-writer.ts';
import { consoleUnderTest } from './console-under-test.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';

/** A console with the tenants acme (SCIM on) and other, and a way to ask it. */
async function open(changed: Partial<ConsoleParts> = {}) {
  const { parts, ...rest } = await consoleUnderTest();
  const acme = await rest.tenants.create({ name: 'Acme', domains: ['acme.example'], scim: true });
  await rest.tenants.create({ name: 'Other' });
  const app = consoleServer({ ...parts, ...changed });
  const ask = async (method: Method, path: string, { token = parts.adminToken, body }: { token?: string; body?: object } = {}) => {
    const authorization = token === '' ? {} : { authorization: `Bearer ${token}` };
    const response = await app.inject({ method, url: `/api/v1${path}`, headers: authorization, ...(body ? { payload: body } : {}) });
    return { status: response.statusCode, headers: response.headers, text: response.body, json: <T>() => response.json<T>() };
  };
  const key = async (tenant: string, scopes: ('scim.full' | 'rest.full')[]) => parts.keys.create({ tenant, name: 'k', scopes });
  return { ...rest, acme, parts, app, ask, key };
}

interface Operation {
  summary?: string;
  tags?: string[];
  responses: Record<string, object>;
}

/** Every registered route but those of the reference, as `METHOD /path`, from the router itself. */
async function inventory(parts: ConsoleParts): Promise<string[]> {
  const routes: string[] = [];
  const app: FastifyInstance = Fastify();
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) if (!url.startsWith('/reference')) routes.push(`${each} ${url}`);
  });
  app.register(consoleApi(parts));
  await app.ready();
  return routes.sort();
}
/** All but signing in, which is open to anyone. */
const guarded = async (parts: ConsoleParts) => (await inventory(parts)).filter((route) => !route.includes(' /session'));
const inAcme = (route: string): [Method, string] => {
  const [method, url] = route.split(' ') as [Method, string];
  return [method, url.replace(':tenant', 'acme').replace(/:\w+/g, 'x')];
};

t.test('the routes of the REST API are these', async (t) => {
  const { parts } = await open();
  const routes = (await inventory(parts)).filter((route) => !route.startsWith('HEAD'));
  t.strictSame(routes, [
    'DELETE /session',
    'DELETE /tenants/:tenant/keys/:key',
    'DELETE /tenants/:tenant/providers/:provider',
    'DELETE /tenants/:tenant/providers/:provider/federation',
    'DELETE /tenants/:tenant/schema-extensions/:schema',
    'GET /alarms',
    'GET /consumers',
    'GET /dead-letters',
    'GET /dead-letters/:letter',
    'GET /epoch',
    'GET /erasures',
    'GET /erasures/:id',
    'GET /lag',
    'GET /session',
    'GET /session/ways',
    'GET /tenants',
    'GET /tenants/:tenant',
    'GET /tenants/:tenant/audit-log',
    'GET /tenants/:tenant/groups',
    'GET /tenants/:tenant/keys',
    'GET /tenants/:tenant/providers',
    'GET /tenants/:tenant/providers/:provider/role-mapping',
    'GET /tenants/:tenant/provisioning-log',
    'GET /tenants/:tenant/recheck',
    'GET /tenants/:tenant/schema-extensions',
    'GET /tenants/:tenant/seats',
    'GET /tenants/:tenant/seats/ledger',
    'GET /tenants/:tenant/snapshot',
    'GET /tenants/:tenant/team',
    'GET /tenants/:tenant/team/:profile/role',
    'GET /tenants/:tenant/verification',
    'PATCH /tenants/:tenant/providers/:provider',
    'POST /console-links',
    'POST /consumers/:consumer/pause',
    'POST /consumers/:consumer/resume',
    'POST /dead-letters/drop',
    'POST /dead-letters/replay',
    'POST /epoch',
    'POST /erasures',
    'POST /session',
    'POST /session/verification',
    'POST /tenants',
    'POST /tenants/:tenant/keys',
    'POST /tenants/:tenant/keys/:key/rotate',
    'POST /tenants/:tenant/providers',
    'POST /tenants/:tenant/providers/:provider/role-mapping/preview',
    'POST /tenants/:tenant/provisioning-log/.erase',
    'POST /tenants/:tenant/provisioning-log/.search',
    'POST /tenants/:tenant/seats/approval',
    'POST /tenants/:tenant/snapshot',
    'POST /tenants/:tenant/team',
    'POST /tenants/:tenant/team/:profile/archive',
    'POST /tenants/:tenant/team/:profile/restore',
    'POST /tenants/:tenant/verification/repair',
    'POST /topics',
    'PUT /tenants/:tenant/providers/:provider/federation',
    'PUT /tenants/:tenant/providers/:provider/role-mapping',
    'PUT /tenants/:tenant/schema-extensions',
    'PUT /tenants/:tenant/team/:profile/role',
  ]);
});

t.test('the reference describes every route, and anyone may read it', async (t) => {
  const { app, parts } = await open();
  const json = await app.inject('/api/v1/reference/json');
  t.equal(json.statusCode, 200);
  const { openapi, paths } = json.json<{ openapi: string; paths: Record<string, Record<string, Operation>> }>();
  t.equal(openapi, '3.1.0');
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { summary, tags, responses }] of Object.entries(methods)) {
      t.ok(summary && tags?.[0], `${method} ${path} says what it does`);
      t.match(responses.default, { content: { 'application/problem+json': Object } });
    }
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace('/api/v1', '').replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  t.strictSame(
    described.filter((route) => !route.startsWith('HEAD')).sort(),
    (await inventory(parts)).filter((route) => !route.startsWith('HEAD')),
  );
  const page = await app.inject('/api/v1/reference');
  t.equal(page.statusCode, 200);
  const made = [...page.body.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => path as string);
  t.ok(made.length > 0);
  for (const path of made) t.equal((await app.inject(path)).statusCode, 200, path);
});

t.test('M14 every route: no, a malformed, unknown, expired or revoked key is 401 with WWW-Authenticate: Bearer', async (t) => {
  const { parts, ask, key } = await open();
  const stranger = await (await open()).key('acme', ['rest.full']);
  const revoked = await key('acme', ['rest.full']);
  await parts.keys.revoke('acme', revoked.key.id);
  const expired = await parts.keys.create({ tenant: 'acme', name: 'k', scopes: ['rest.full'], expires: '2020-01-01T00:00:00Z' });
  const tokens = ['', 'nonsense', `${parts.adminToken}x`, stranger.value, revoked.value, expired.value];
  for (const route of [...(await guarded(parts)), 'GET /nowhere', 'POST /'])
    for (const token of tokens) {
      const { status, headers, text } = await ask(...inAcme(route), { token });
      t.equal(status, 401, `${route} ${token.slice(0, 12)}`);
      t.match(headers['www-authenticate'], /^Bearer/);
      if (!route.startsWith('HEAD')) t.match(headers['content-type'], /^application\/problem\+json/);
      if (token) t.notMatch(text, token);
    }
});

t.test('M14 every route: a key with scim.full alone is 403', async (t) => {
  const { parts, ask, key } = await open();
  const { value } = await key('acme', ['scim.full']);
  for (const route of await guarded(parts)) t.equal((await ask(...inAcme(route), { token: value })).status, 403, route);
});

t.test('every route: a key opens nothing of another tenant, and nothing that is of none', async (t) => {
  const { parts, ask, key } = await open();
  const { value } = await key('other', ['rest.full']);
  for (const route of await guarded(parts)) t.equal((await ask(...inAcme(route), { token: value })).status, 403, route);
  t.equal((await ask('GET', '/tenants/nobody', { token: value })).status, 403, 'nor does it say which tenants there are');
  t.equal((await ask('GET', '/nowhere', { token: value })).status, 404);
});

t.test('M14 rest.full opens the routes of its own tenant', async (t) => {
  const { ask, key } = await open();
  for (const scopes of [['rest.full'], ['scim.full', 'rest.full']] as const) {
    const token = (await key('acme', [...scopes])).value;
    for (const path of ['', '/providers', '/keys', '/team', '/seats'])
      t.equal((await ask('GET', `/tenants/acme${path}`, { token })).status, 200, path);
  }
});

t.test('M15 a revoked key is refused at once', async (t) => {
  const { ask, key } = await open();
  const { key: made, value: token } = await key('acme', ['rest.full']);
  t.equal((await ask('GET', '/tenants/acme', { token })).status, 200);
  t.equal((await ask('DELETE', `/tenants/acme/keys/${made.id}`)).status, 200);
  t.equal((await ask('GET', '/tenants/acme', { token })).status, 401);
});

t.test('M15 a rotated key goes on to open for the overlap, or ends at once; both are on the list with when they were used', async (t) => {
  const { parts, ask, key } = await open();
  const { key: made, value: token } = await key('acme', ['rest.full']);
  const rotate = (id: string, overlap: number) => ask('POST', `/tenants/acme/keys/${id}/rotate`, { body: { overlap } });
  const next = (await rotate(made.id, 3600)).json<CreatedApiKey>();
  t.match(next, { name: 'k', scopes: ['rest.full'] });
  t.not(next.value, token);
  for (const either of [token, next.value]) t.equal((await ask('GET', '/tenants/acme', { token: either })).status, 200);
  const listed = async () =>
    (await ask('GET', '/tenants/acme/keys')).json<{ items: { id: string; expires?: string; lastUsed?: string }[] }>().items;
  const [old] = (await listed()).filter(({ id }) => id === made.id);
  t.ok(Math.abs(Date.parse(old?.expires ?? '') - Date.now() - 3_600_000) < 60_000, 'the old one ends after the overlap');
  while ((await listed()).some(({ lastUsed }) => lastUsed === undefined)) await parts.runtime.sleep(5);
  t.equal((await rotate(next.id, 0)).status, 201);
  t.equal((await ask('GET', '/tenants/acme', { token: next.value })).status, 401, 'at once');
  t.equal((await rotate(next.id, 0)).status, 409, 'a revoked key is not rotated');
  t.equal((await rotate('nobody', 0)).status, 404);
});

t.test(
  'a key makes and rotates no keys, so whoever finds one gets no more than it opens, and no longer; it may list and revoke them',
  async (t) => {
    const { ask, key } = await open();
    const { key: own, value: token } = await key('acme', ['scim.full', 'rest.full']);
    const { key: other } = await key('acme', ['scim.full']);
    for (const [path, body] of [
      ['/tenants/acme/keys', { name: 'k', scopes: ['scim.full'] }],
      [`/tenants/acme/keys/${own.id}/rotate`, { overlap: 0 }],
      [`/tenants/acme/keys/${other.id}/rotate`, { overlap: 0 }],
    ] as const) {
      const refused = await ask('POST', path, { token, body });
      t.equal(refused.status, 403, path);
      t.match(refused.json<Problem>(), { type: 'urn:claras:problem:forbidden', detail: /owner of the team/ });
    }
    t.equal((await ask('DELETE', `/tenants/acme/keys/${other.id}`, { token })).status, 200);
    const { items } = (await ask('GET', '/tenants/acme/keys', { token })).json<{ items: { id: string; revoked?: string }[] }>();
    t.strictSame(
      items.map(({ id, revoked }) => [id, revoked !== undefined]).sort(),
      [
        [own.id, false],
        [other.id, true],
      ].sort(),
    );
  },
);

t.test('a key makes no owner and approves no seats: a person does, or the operator', async (t) => {
  const { ask, key, providers, parts } = await open();
  const { value: token } = await key('acme', ['scim.full', 'rest.full']);
  const add = async (name: string, role?: string) =>
    ask('POST', '/tenants/acme/team', { token, body: { email: `${name}@acme.example`, displayName: name, ...(role ? { role } : {}) } });
  const { id } = (await add('bob', 'manager')).json<{ id: string }>();
  const [ann, cleo] = await Promise.all(
    ['ann', 'cleo'].map(async (name) =>
      (await ask('POST', '/tenants/acme/team', { body: { email: `${name}@acme.example`, displayName: name, role: 'owner' } })).json<{
        id: string;
      }>(),
    ),
  );
  const [entra] = await providers.list('acme');
  const mappingPath = `/tenants/acme/providers/${entra!.id}/role-mapping`;
  const mapping = async (wanted: object, asked = token) =>
    ask('PUT', mappingPath, {
      token: asked,
      body: { mapping: wanted, version: (await ask('GET', mappingPath)).json<VersionedMapping>().version },
    });
  t.equal((await mapping({ owner: ['Board'] }, parts.adminToken)).status, 200);

  t.equal((await ask('POST', `/tenants/acme/team/${ann!.id}/archive`, { token })).status, 200, 'it takes an owner’s access');
  for (const refused of [
    await add('dora', 'owner'),
    await ask('PUT', `/tenants/acme/team/${id}/role`, { token, body: { role: 'owner' } }),
    await ask('POST', `/tenants/acme/team/${ann!.id}/restore`, { token }),
    await mapping({ owner: ['Board', 'Mine'] }),
    await ask('POST', '/tenants/acme/providers', { token, body: { name: 'Mine', domains: ['mine.example'] } }),
    await ask('PATCH', `/tenants/acme/providers/${entra!.id}`, { token, body: { domains: ['acme.example', 'mine.example'] } }),
    await ask('POST', '/tenants/acme/seats/approval', { token, body: { quantity: 1 } }),
  ]) {
    t.equal(refused.status, 403, refused.text);
    t.match(refused.json<Problem>().detail, /owner of the team/);
  }
  for (const done of [
    await ask('PUT', `/tenants/acme/team/${id}/role`, { token, body: { role: 'adviser' } }),
    await ask('POST', `/tenants/acme/team/${id}/archive`, { token }),
    await ask('POST', `/tenants/acme/team/${id}/restore`, { token }),
    await mapping({ owner: ['board '], manager: ['Leads'] }),
    await mapping({}),
    await ask('PATCH', `/tenants/acme/providers/${entra!.id}`, { token, body: { domains: ['Acme.example'] } }),
    await ask('PATCH', `/tenants/acme/providers/${entra!.id}`, { token, body: { domains: [] } }),
    await ask('PUT', `/tenants/acme/team/${cleo!.id}/role`, { body: { role: 'owner' } }),
    await ask('POST', `/tenants/acme/team/${ann!.id}/restore`),
  ])
    t.equal(done.status, 200, done.text);
  t.equal((await ask('POST', '/tenants/acme/seats/approval', { body: { quantity: 1 } })).status, 409, 'the operator may; none are held');
});

t.test('who approved held seats, how many and when stands in the audit log; what is refused does not', async (t) => {
  const { ask, parts } = await open();
  const time = '2026-06-01T00:00:00.000Z';
  const told = { id: 'acme:1', tenant: 'acme', subject: 'Seats', time, sequence: 1 };
  await outcomeWriter(parts)('acme', { ...told, type: 'seats.held', data: { quantity: 10, version: 7, before: 40 } });
  const approve = (quantity: number) => ask('POST', '/tenants/acme/seats/approval', { body: { quantity } });
  const approvals = async () =>
    (await ask('GET', '/tenants/acme/audit-log')).json<{ items: AuditEntry[] }>().items.filter(({ action }) => action === 'seats.approved');
  t.equal((await approve(11)).status, 409);
  t.strictSame(await approvals(), []);
  const before = parts.runtime.now();
  t.equal((await approve(10)).status, 202);
  const [approval, ...others] = await approvals();
  t.match(approval, { by: 'operator', subject: 'Seats', details: { quantity: 10 } });
  t.ok(Date.parse(approval!.time) >= before, approval!.time);
  t.strictSame(others, []);
  t.match(await parts.store.outbox('control')!.depth(), { entries: 1 }, 'and billing-sync is told');
});

t.test('M13 a key has a name and scopes; its value is in one answer, which nothing may keep', async (t) => {
  const { ask, logged } = await open();
  const made = await ask('POST', '/tenants/acme/keys', { body: { name: 'Entra', scopes: ['scim.full'] } });
  t.equal(made.status, 201);
  t.equal(made.headers['cache-control'], 'no-store');
  const { id, value } = made.json<CreatedApiKey>();
  t.match(value, /^claras_scim_/);
  const listed = await ask('GET', '/tenants/acme/keys');
  t.match(listed.json(), { items: [{ id, name: 'Entra', scopes: ['scim.full'], starts: value.slice(0, 16) }] });
  t.notMatch(listed.text, value.slice(24));
  t.notMatch(listed.text, /hmac|value/);
  t.notMatch((await ask('DELETE', `/tenants/acme/keys/${id}`)).text, value.slice(24));
  t.strictSame(logged, []);
});

t.test('M13 a key without name, without scope, with an unknown scope or a past expiry is not made', async (t) => {
  const { ask, parts } = await open();
  const refused = [
    { scopes: ['scim.full'] },
    { name: 'k' },
    { name: 'k', scopes: [] },
    { name: ' ', scopes: ['scim.full'] },
    { name: 'x'.repeat(201), scopes: ['scim.full'] },
    { name: 'k', scopes: ['scim.full', 'scim.full'] },
    { name: 'k', scopes: ['admin'] },
    { name: 'k', scopes: ['scim.full'], expires: '2020-01-01T00:00:00Z' },
    { name: 'k', scopes: ['scim.full'], expires: 'soon' },
    { name: 'k', scopes: ['scim.full'], tenant: 'other' },
  ];
  for (const body of refused) t.equal((await ask('POST', '/tenants/acme/keys', { body })).status, 400, JSON.stringify(body).slice(0, 80));
  t.strictSame(await parts.keys.list('acme'), []);
});

t.test('M1 a tenant made by REST begins with SCIM off', async (t) => {
  const { ask } = await open();
  const made = await ask('POST', '/tenants', { body: { name: 'Hill & Sons' } });
  t.match(made.json(), { id: 'hill-sons', name: 'Hill & Sons' });
  t.strictSame((await ask('GET', '/tenants/hill-sons/providers')).json(), { items: [] });
  const again = await ask('POST', '/tenants', { body: { name: 'hill sons' } });
  t.equal(again.status, 409);
  t.match(again.json(), { type: 'urn:claras:problem:conflict', status: 409, detail: /choose another name/ });
});

t.test('M4 turning on a second provider is an error that names the first', async (t) => {
  const { ask } = await open();
  const added = await ask('POST', '/tenants/acme/providers', { body: { name: 'Okta', protocol: 'oidc', domains: ['Acme.Example'] } });
  t.equal(added.status, 201);
  const { id, domains, scim } = added.json<Provider>();
  t.strictSame({ domains, scim }, { domains: ['acme.example'], scim: false });
  const refused = await ask('PATCH', `/tenants/acme/providers/${id}`, { body: { scim: true } });
  t.equal(refused.status, 409);
  t.match(refused.json<Problem>().detail, /"Entra"/);
  const { items } = (await ask('GET', '/tenants/acme/providers')).json<{ items: Provider[] }>();
  const entra = items.find(({ name }) => name === 'Entra')!;
  t.match((await ask('PATCH', `/tenants/acme/providers/${entra.id}`, { body: { scim: false } })).json(), { scim: false });
  t.match((await ask('PATCH', `/tenants/acme/providers/${id}`, { body: { scim: true } })).json(), { scim: true });
});

t.test('a provider is removed by an owner or the operator, once its SCIM is off', async (t) => {
  const { ask, key, providers } = await open();
  const { value: token } = await key('acme', ['rest.full']);
  const [entra] = await providers.list('acme');
  const path = `/tenants/acme/providers/${entra!.id}`;
  const on = await ask('DELETE', path);
  t.equal(on.status, 409);
  t.match(on.json<Problem>().detail, /SCIM is on for "Entra"; turn it off first/);
  await ask('PATCH', path, { body: { scim: false } });
  t.equal((await ask('DELETE', path, { token })).status, 403, 'its sign-in settings go: no key may do that');
  t.match((await ask('DELETE', path)).json(), { id: entra!.id, name: 'Entra', scim: false });
  t.equal((await ask('DELETE', path)).status, 404);
  t.strictSame((await ask('GET', '/tenants/acme/providers')).json(), { items: [] });
});

t.test('M6 the role mapping takes zero or more group names for each role', async (t) => {
  const { ask, providers } = await open();
  const [entra] = await providers.list('acme');
  const path = `/tenants/acme/providers/${entra!.id}/role-mapping`;
  const mapping = { owner: ['Board'], manager: ['Leads', 'Führung'], adviser: [] };
  const { version } = (await ask('GET', path)).json<VersionedMapping>();
  t.equal((await ask('PUT', path, { body: { mapping } })).status, 400, 'what was seen must be said');
  t.match((await ask('PUT', path, { body: { mapping, version } })).json(), { mapping });
  t.strictSame((await ask('GET', path)).json<VersionedMapping>().mapping, mapping);
  for (const wrong of [{ boss: ['x'] }, { owner: 'Board' }, { owner: [''] }, { owner: ['x'.repeat(257)] }])
    t.equal((await ask('PUT', path, { body: { mapping: wrong, version: version + 1 } })).status, 400);
});

t.test(
  'M2 switching SCIM, the role mapping and the reading of members leaves the sign-in settings byte for byte as they were',
  async (t) => {
    const { ask } = await open();
    const settings = { sso: { entityId: 'urn:x', x509: 'MIIC…', order: [3, 1, 2], nested: { b: null, a: '' } }, '10': 1, empty: {} };
    const { id } = (
      await ask('POST', '/tenants/other/providers', { body: { name: 'Okta', domains: ['o.example'], settings } })
    ).json<Provider>();
    const read = async () => (await ask('GET', '/tenants/other/providers')).json<{ items: Provider[] }>().items[0]!;
    const before = await read();
    t.strictSame(before.settings, settings);
    for (const body of [{ scim: true }, { additiveMembers: true }, { scim: false }, { additiveMembers: false }])
      t.equal((await ask('PATCH', `/tenants/other/providers/${id}`, { body })).status, 200);
    const { version } = await read();
    await ask('PUT', `/tenants/other/providers/${id}/role-mapping`, { body: { mapping: { owner: ['Board'] }, version } });
    const { mapping, ...after } = await read();
    t.strictSame(mapping, { owner: ['Board'] });
    t.equal(JSON.stringify(after.settings), JSON.stringify(before.settings));
    t.strictSame({ ...after, version: 0, mapping: {} }, { ...before, version: 0 }, 'and every other field');
  },
);

t.test('the owner or the operator says whom in Entra a tenant trusts, and the audit log has it', async (t) => {
  const { ask, key, providers, parts } = await open();
  const [entra] = await providers.list('acme');
  const path = `/tenants/acme/providers/${entra!.id}/federation`;
  const [entraTenant, application] = ['ce5f061f-abe6-4e40-9615-301f87bcb7f0', 'b5ba7a93-4452-4522-aeb4-a2b5da870c16'];
  for (const body of [{}, { entraTenant }, { entraTenant, application: 'x' }, { entraTenant: 'common', application }])
    t.equal((await ask('PUT', path, { body })).status, 400);
  const rest = await key('acme', ['rest.full']);
  t.equal((await ask('PUT', path, { token: rest.value, body: { entraTenant, application } })).status, 403, 'a key makes no other way in');

  const set = await ask('PUT', path, { body: { entraTenant: entraTenant.toUpperCase(), application } });
  t.match(set.json(), { federation: { entraTenant, application, audience: `api://${application}` } });
  const { federation } = set.json<Provider>();
  parts.keys.used(`federation:${federation!.id}`, 'scim');
  const list = async () => (await ask('GET', '/tenants/acme/providers')).json<{ items: Provider[] }>().items[0]!;
  while (!(await list()).lastRequest) await parts.runtime.sleep(5);
  t.match(await list(), { federation, lastRequest: String });

  t.notOk((await ask('DELETE', path)).json<Provider>().federation);
  t.notOk((await list()).federation);
  t.equal((await ask('DELETE', path)).status, 200, 'once more is nothing');
  const { items } = (await ask('GET', '/tenants/acme/audit-log')).json<{ items: AuditEntry[] }>();
  t.match(items, [
    { action: 'federation.removed', details: { application } },
    { action: 'federation.set', by: 'operator', subject: `Providers/${entra!.id}`, details: { entraTenant, application } },
  ]);
});

t.test('a role mapping saved over a newer one is 409, with the newer one', async (t) => {
  const { ask, providers } = await open();
  const [entra] = await providers.list('acme');
  const path = `/tenants/acme/providers/${entra!.id}/role-mapping`;
  const { version } = (await ask('GET', path)).json<VersionedMapping>();
  const newer = (await ask('PUT', path, { body: { mapping: { manager: ['Leads'] }, version } })).json<VersionedMapping>();
  const late = await ask('PUT', path, { body: { mapping: { owner: ['Board'] }, version } });
  t.equal(late.status, 409);
  t.strictSame(late.json<Problem>().current, newer);
});

t.test('the audit log names who asked: the operator, or a key of the tenant', async (t) => {
  const { ask, key, providers } = await open();
  const rest = await key('acme', ['rest.full']);
  const [entra] = await providers.list('acme');
  await ask('PATCH', `/tenants/acme/providers/${entra!.id}`, { token: rest.value, body: { scim: false } });
  await ask('PATCH', `/tenants/acme/providers/${entra!.id}`, { body: { scim: true } });
  const { items } = (await ask('GET', '/tenants/acme/audit-log', { token: rest.value })).json<{ items: AuditEntry[] }>();
  t.match(items, [
    { action: 'scim.enabled', by: 'operator' },
    { action: 'scim.disabled', by: `key:${rest.key.id}`, subject: `Providers/${entra!.id}` },
  ]);
});

t.test('M11 the Team page changes any role by hand; the last owner stays', async (t) => {
  const { ask } = await open();
  const add = async (email: string, role?: string) =>
    (await ask('POST', '/tenants/acme/team', { body: { email, displayName: 'Somebody', ...(role ? { role } : {}) } })).json<{
      id: string;
    }>();
  const owner = await add('ann@acme.example', 'owner');
  const adviser = await add('bob@acme.example');
  t.match(adviser, { role: 'adviser', status: 'active' });
  const demotion = await ask('PUT', `/tenants/acme/team/${owner.id}/role`, { body: { role: 'manager' } });
  t.equal(demotion.status, 409);
  t.notMatch(demotion.text, /acme\.example/, 'and the answer names nobody');
  t.equal((await ask('POST', `/tenants/acme/team/${owner.id}/archive`)).status, 409);
  t.match((await ask('PUT', `/tenants/acme/team/${adviser.id}/role`, { body: { role: 'owner' } })).json(), { role: 'owner' });
  t.match((await ask('POST', `/tenants/acme/team/${owner.id}/archive`)).json(), { status: 'archived' });
  t.match((await ask('POST', `/tenants/acme/team/${owner.id}/restore`)).json(), { status: 'active' });
  const taken = await ask('POST', '/tenants/acme/team', { body: { email: 'bob@acme.example', displayName: 'Bob' } });
  t.equal(taken.status, 409);
  t.notMatch(taken.text, /bob@/);
  t.equal((await ask('POST', '/tenants/acme/team/x/archive')).status, 404);
  t.match((await ask('GET', '/tenants/acme/seats')).json(), { active: 2, billed: { quantity: 2, version: 7 } });
  t.match((await ask('GET', '/tenants/other/seats')).json(), { active: 0, billed: null, refused: null });
  const { id } = (await ask('POST', '/tenants', { body: { name: 'Twice', domains: [] } })).json<{ id: string }>();
  t.match((await ask('GET', `/tenants/${id}/seats`)).json(), { billed: null, refused: 'invalid: two subscriptions' });
  t.match((await ask('GET', `/tenants/${id}/verification`)).json(), { seats: { billed: null } }, 'and the rest is verified');
});

t.test('the team comes in pages', async (t) => {
  const { ask, parts } = await open();
  for (let n = 0; n < 7; n++) await parts.team.create('acme', { email: `p${n}@acme.example`, displayName: `P ${n}`, role: 'adviser' });
  const first = (await ask('GET', '/tenants/acme/team?limit=5')).json<{ profiles: object[]; next: string; total: number }>();
  t.match([first.profiles.length, first.total], [5, 7]);
  const second = (await ask('GET', `/tenants/acme/team?limit=5&after=${first.next}`)).json<{ profiles: object[]; next?: string }>();
  t.strictSame([second.profiles.length, second.next], [2, undefined]);
  for (const limit of ['0', '501', 'all']) t.equal((await ask('GET', `/tenants/acme/team?limit=${limit}`)).status, 400);
});

t.test('M28 lag is told for each consumer and partition, in messages and in seconds', async (t) => {
  const { ask, parts } = await open();
  await parts.bus.publish('claras.team.v1', [{ key: 'acme', value: '{}', headers: {} }]);
  const { messages, groups, outboxes } = (await ask('GET', '/lag')).json<LagReport>();
  const edge = outboxes.find(({ source }) => source === 'edge');
  t.ok(edge && edge.messages > 0 && edge.seconds !== null && edge.seconds < 60, 'what is committed and not yet on the bus');
  t.equal(messages, 2, 'for each reader');
  t.strictSame(
    groups.map(({ group, topic, messages }) => `${group} ${topic} ${messages}`),
    [
      'profile-sync claras.directory.v1 0',
      'role-mapper claras.directory.v1 0',
      'archiver claras.directory.v1 0',
      'provisioning-log claras.directory.v1 0',
      'billing-sync claras.team.v1 1',
      'audit-log claras.team.v1 1',
      'provisioning-log-outcomes claras.outcome.v1 0',
      'billing-sync-control claras.control.v1 0',
      'snapshots claras.request.v1 0',
    ],
  );
  t.match(groups[4]!.partitions, [{ messages: 1, seconds: Number }]);
});

t.test('consumers are paused and resumed by the operator alone; the first pause counts, and each decision is kept', async (t) => {
  const { ask, key } = await open();
  const { value } = await key('acme', ['rest.full']);
  const item = async (name: string) =>
    (await ask('GET', '/consumers')).json<{ items: ConsumerState[] }>().items.find(({ consumer }) => consumer === name);
  t.match(await item('archiver'), { topic: 'claras.directory.v1', deeds: [] });
  const paused = (await ask('POST', '/consumers/archiver/pause')).json<ConsumerState>();
  t.match(paused, { consumer: 'archiver', paused: { by: 'operator', since: String }, deeds: [{ did: 'paused', by: 'operator' }] });
  t.strictSame((await ask('POST', '/consumers/archiver/pause')).json(), paused);
  const { groups } = (await ask('GET', '/lag')).json<LagReport>();
  t.strictSame(
    groups.filter(({ paused }) => paused).map(({ group, paused }) => [group, paused]),
    [['archiver', paused.paused]],
  );
  t.strictSame((await ask('POST', '/consumers/archiver/resume')).json<ConsumerState>().paused, undefined);
  t.match(await item('archiver'), { deeds: [{ did: 'resumed' }, { did: 'paused' }] });
  t.equal((await ask('POST', '/consumers/nobody/pause')).status, 404);
  t.equal((await ask('POST', '/consumers/archiver/pause', { token: value })).status, 403);
});

t.test('an alarm is seen until it ends, as of its first time, by the operator alone', async (t) => {
  const { ask, key, parts } = await open();
  const { value } = await key('acme', ['rest.full']);
  const raised = alarms(parts);
  const which = { consumer: 'archiver', tenant: 'acme', kind: 'queue-full' } as const;
  await raised.raise(which, 'once');
  const [{ since }] = (await ask('GET', '/alarms')).json<AlarmList>().items as [AlarmList['items'][number]];
  await raised.raise(which, 'twice');
  await raised.raise({ ...which, consumer: 'archiver-two' }, 'another');
  t.strictSame(await raised.list('archiver'), [{ ...which, detail: 'twice', since }]);
  t.equal((await ask('GET', '/alarms')).json<AlarmList>().items.length, 2);
  t.equal((await ask('GET', '/alarms', { token: value })).status, 403);
  await raised.end(which);
  await raised.end(which);
  t.match((await ask('GET', '/alarms')).json<AlarmList>().items, [{ consumer: 'archiver-two' }]);
});

t.test('bad input is refused with a next step and changes nothing', async (t) => {
  const { app, ask, parts } = await open();
  const send = async (payload: string, type = 'application/json') =>
    app.inject({
      method: 'POST',
      url: '/api/v1/tenants',
      payload,
      headers: { authorization: `Bearer ${parts.adminToken}`, 'content-type': type },
    });
  const cases: [string, string, number][] = [
    ['{"name": "half', 'application/json', 400],
    ['', 'application/json', 400],
    ['[]', 'application/json', 400],
    ['{"__proto__": {"name": "x"}}', 'application/json', 400],
    ['{"name": "x", "extra": 1}', 'application/json', 400],
    ['{"name": 5}', 'application/json', 400],
    ['{"name": "x", "domains": ["not a domain"]}', 'application/json', 400],
    ['{"name": "***"}', 'application/json', 400],
    ['<name>x</name>', 'application/xml', 415],
    [JSON.stringify({ name: 'x'.repeat(2 ** 20) }), 'application/json', 413],
  ];
  for (const [payload, type, status] of cases) {
    const response = await send(payload, type);
    t.equal(response.statusCode, status, payload.slice(0, 40));
    t.match(response.json(), { type: /^urn:claras:problem:/, title: String, status, detail: String });
  }
  const { items } = (await ask('GET', '/tenants')).json<{ items: { id: string }[] }>();
  t.strictSame(
    items.map(({ id }) => id),
    ['acme', 'other'],
  );
  for (const path of ['/tenants/nobody', '/tenants/..%2Facme/keys', '/tenants/acme/providers/x/role-mapping', '/nowhere'])
    t.equal((await ask('GET', path)).status, 404, path);
});

t.test('an outage is 503 with Retry-After, a fault of ours 500; neither says more than that', async (t) => {
  const { parts } = await consoleUnderTest();
  const failing = (error: Error) => ({ team: { ...parts.team, list: () => Promise.reject(error) } });
  const outage = await (await open(failing(new CoreAppUnavailable('10.0.0.7 refused')))).ask('GET', '/tenants/acme/team');
  t.match([outage.status, outage.headers['retry-after']], [503, '5']);
  const fault = await open(failing(new Error('ann@acme.example broke it')));
  const answer = await fault.ask('GET', '/tenants/acme/team');
  t.equal(answer.status, 500);
  for (const { text } of [outage, answer]) t.notMatch(text, /10\.0\.0\.7|ann@/);
  t.equal(fault.logged.length, 1);
  const bus = { ...parts.bus, lag: () => Promise.reject(new BusUnavailable('no broker')) };
  t.equal((await (await open({ bus })).ask('GET', '/lag')).status, 503);
});

t.test('a path that no route can read is refused as everything else of the API', async (t) => {
  const { parts } = await consoleUnderTest();
  const app = consoleServer(parts);
  t.teardown(() => app.close());
  for (const [letter, status] of [
    ['a'.repeat(300), 404],
    ['%E0%A4%A', 400],
  ] as const) {
    const answer = await app.inject({ url: `/api/v1/dead-letters/${letter}` });
    t.match(answer.headers['content-type'], /^application\/problem\+json/);
    t.match(answer.json(), { status, detail: /^[A-Z].*\.$/ });
  }
});
