import { randomUUID } from 'node:crypto';
import { audit } from '@claras/directory/audit';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { createMetrics } from '@claras/service-kit/metrics';
import { UnsecuredJWT } from 'jose';
import t, { type Test } from 'tap';
import { edgeMetrics } from '../src/edge-metrics.ts';
import { entraKeys } from '../src/entra-assertion.ts';
import { clientOf, edgeOnMemory } from './edge-on-memory.ts';
import { fakeEntra, type Signing } from './fake-entra.ts';

const entra = await fakeEntra();
const edge = await edgeOnMemory();
const metrics = createMetrics('scim-edge');
const app = edge.process({ entraKeys: entraKeys(entra.url), metrics: edgeMetrics(metrics) });
t.teardown(() => Promise.all([app.close(), edge.app.close(), entra.close()]));

const { entraTenant, application, objectId } = entra;
async function trusting(name: string, more: { objectId?: string; audience?: string } = {}) {
  const { id, key } = await edge.tenant(name);
  const [provider] = await edge.providers.list(id);
  await edge.providers.setFederation(id, provider!.id, { entraTenant, application, ...more });
  return { id, key, provider: provider!.id };
}
const hill = await trusting('Hill');
const dale = await edge.tenant('Dale');

const grant = {
  grant_type: 'client_credentials',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  scope: 'scim',
};
async function ask(parameters: Record<string, string>, headers: Record<string, string> = {}, server = app) {
  const answer = await server.inject({
    method: 'POST',
    url: '/api/scim/v2/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(parameters).toString(),
  });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
}
const sign = (changed: Record<string, unknown> = {}, key?: Signing) => entra.sign(edge.now(), changed, key);
const show = (client_assertion: string, client_id = hill.id, server = app) => ask({ ...grant, client_id, client_assertion }, {}, server);
const tokenOf = async (client = hill.id): Promise<string> => (await show(await sign(), client)).body.access_token;
const refused = { status: 401, body: { error: 'invalid_client' } };

t.test(
  'M30 an assertion of the Entra application that a tenant trusts gives a token for an hour, which opens its SCIM alone',
  async (t) => {
    const given = await show(await sign());
    t.match(given, { status: 200, body: { token_type: 'Bearer', expires_in: 3600, scope: 'scim.full' } });
    t.match(given.headers, { 'cache-control': 'no-store' });
    const made = await clientOf(app, given.body.access_token)('POST', '/Users', { userName: 'ann@hill.example' });
    t.equal(made.status, 201);
    t.equal((await clientOf(app, hill.key)('GET', `/Users/${made.body.id}`)).status, 200);
    t.equal((await clientOf(app, dale.key)('GET', `/Users/${made.body.id}`)).status, 404);
    t.match(await edge.keys.verify(given.body.access_token), { ok: true, tenant: hill.id, scopes: ['scim.full'] });
    t.match(await show(await sign(), dale.id), refused, 'who trusts nobody');
    t.match(await show(await sign({ appid: undefined, azp: application })), { status: 200 });
  },
);

t.test('an assertion that is not wholly what is trusted gives nothing, and all are told the same', async (t) => {
  const elsewhere = randomUUID();
  const second = Math.floor(edge.now() / 1000);
  const wrong: Record<string, string> = {
    issuer: await sign({ iss: `https://login.microsoftonline.com/${elsewhere}/v2.0` }),
    'issuer of version 1': await sign({ iss: `https://sts.windows.net/${entraTenant}/` }),
    tenant: await sign({ tid: elsewhere }),
    'no tenant': await sign({ tid: undefined }),
    application: await sign({ appid: elsewhere }),
    'application beside its own': await sign({ appid: elsewhere, azp: application }),
    'no application': await sign({ appid: undefined }),
    audience: await sign({ aud: `api://${elsewhere}` }),
    'no audience': await sign({ aud: undefined }),
    version: await sign({ ver: '1.0' }),
    expired: await sign({ exp: second - 120 }),
    'no end': await sign({ exp: undefined }),
    'not yet': await sign({ nbf: second + 120 }),
    key: await sign({}, await entra.unpublished('RS256')),
    signature: `${(await sign()).slice(0, -6)}AAAAAA`,
    unsigned: new UnsecuredJWT({ ...entra.claims, exp: second + 60 }).encode(),
    'no JWT': 'x',
    empty: '',
    'a token of ours': await tokenOf(),
  };
  const answers = await Promise.all(Object.entries(wrong).map(async ([name, assertion]) => ({ name, ...(await show(assertion)) })));
  for (const { name, ...answer } of answers) t.match(answer, refused, name);
  t.equal(new Set(answers.map(({ body }) => JSON.stringify(body))).size, 1);
  t.match(await show(await sign({ exp: second - 30, nbf: second - 3900 })), { status: 200 }, 'clocks may differ a little');
});

t.test('who a client is, is proven once, in the way that is named', async (t) => {
  const client_assertion = await sign();
  const whole = { ...grant, client_id: hill.id, client_assertion };
  t.match(await ask({ ...whole, client_secret: hill.key }), { status: 400, body: { error: 'invalid_request' } });
  const authorization = `Basic ${Buffer.from(`${hill.id}:${hill.key}`).toString('base64')}`;
  t.match(await ask(whole, { authorization }), { status: 400, body: { error: 'invalid_request' } });
  const { client_id: _, ...nameless } = whole;
  t.match(await ask(nameless), refused);
  t.match(await ask({ ...whole, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }), refused);
  const { client_assertion_type: __, ...untyped } = whole;
  t.match(await ask(untyped), refused);
  for (const client_id of ['nobody', `${hill.id}/x`, '..', '']) t.match(await ask({ ...whole, client_id }), refused);
});

t.test('an object and an audience that the owner says are asked for', async (t) => {
  const own = await trusting('Own', { objectId: objectId.toUpperCase(), audience: 'api://claras/.default' });
  t.match(await show(await sign(), own.id), refused);
  t.match(await show(await sign({ aud: 'api://claras' }), own.id), { status: 200 });
  t.match(await show(await sign({ aud: 'api://claras', oid: randomUUID(), sub: objectId }), own.id), { status: 200 });
  t.match(await show(await sign({ aud: 'api://claras', oid: randomUUID() }), own.id), refused);
});

t.test('a trust that is removed, changed or without SCIM takes its tokens with it within a second', async (t) => {
  const { id, provider } = await trusting('Vale');
  const opens = async (token: string) => {
    edge.clock.advance(1000);
    return (await clientOf(app, token)('GET', '/Users')).status;
  };
  const before = await tokenOf(id);
  t.equal(await opens(before), 200);
  await edge.providers.setFederation(id, provider, { entraTenant, application: application.toUpperCase() });
  t.equal(await opens(before), 200, 'the same trust once more');
  await edge.providers.setFederation(id, provider, { entraTenant, application, objectId });
  t.equal(await opens(before), 401, 'another one');
  const after = await tokenOf(id);
  t.equal(await opens(after), 200);
  await edge.providers.setScim(id, provider, false);
  t.equal(await opens(after), 401);
  t.match(await show(await sign(), id), refused);
  await edge.providers.setScim(id, provider, true);
  t.equal(await opens(after), 200);
  await edge.providers.setFederation(id, provider, undefined);
  t.equal(await opens(after), 401);
  t.match(await show(await sign(), id), refused);
  await edge.providers.setFederation(id, provider, { entraTenant, application, objectId });
  t.equal(await opens(after), 401, 'what has ended stays so');
});

t.test('the audit log names the trust by which somebody called, and when it last did is known', async (t) => {
  const { id } = await trusting('Moor');
  const federation = await edge.providers.trusted(id);
  const send = clientOf(app, await tokenOf(id));
  const users = await Promise.all(
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => send('POST', '/Users', { userName: `${n}@moor.example` })),
  );
  const members = users.map(({ body }) => ({ value: body.id }));
  const group = await send('POST', '/Groups', { displayName: 'All', members });
  t.equal((await send('PUT', `/Groups/${group.body.id}`, { displayName: 'All' })).status, 200);
  const by = `federation:${federation!.id}`;
  const entries = await audit({ store: edge.store, runtime }).list(id, { limit: 10 });
  t.match(entries, [{ action: 'members.dropped', by }, { action: 'federation.set', details: { entraTenant, application } }, {}]);
  t.type(await edge.keys.lastRequest(id), 'string');
});

t.test('what can’t be a part of Entra’s address is no trust', async (t) => {
  for (const wrong of [
    { entraTenant: '../evil', application },
    { entraTenant: 'common', application },
    { entraTenant, application: 'x' },
  ])
    await t.rejects(edge.providers.setFederation(hill.id, hill.provider, wrong), { code: 'invalid' });
  await t.rejects(edge.providers.setFederation(hill.id, hill.provider, { entraTenant: `${entraTenant}\n`, application }), {
    code: 'invalid',
  });
  t.strictSame([...new Set(entra.asked)], [`/${entraTenant}/discovery/v2.0/keys`]);
});

/** Another Entra with a tenant that trusts it, on a process of the edge that has asked it for nothing yet. */
async function another(t: Test, name: string) {
  const its = await fakeEntra();
  const server = edge.process({ entraKeys: entraKeys(its.url), metrics: edgeMetrics(metrics) });
  t.teardown(() => Promise.all([server.close(), its.close()]));
  const { id } = await edge.tenant(name);
  const [provider] = await edge.providers.list(id);
  await edge.providers.setFederation(id, provider!.id, { entraTenant: its.entraTenant, application: its.application });
  return { its, show: async (key?: Signing) => show(await its.sign(edge.now(), {}, key), id, server) };
}

t.test('an assertion is taken with RS256, PS256 and ES256 alone, though others be among Entra’s keys', async (t) => {
  const { its, show } = await another(t, 'Algorithms');
  const results: Record<string, number> = {};
  const signings = await Promise.all(
    ['RS256', 'PS256', 'ES256', 'RS512', 'ES384', 'EdDSA'].map((alg) => its.rollOver(alg, { beside: true })),
  );
  for (const key of signings) results[key.alg] = (await show(key)).status;
  const secret = new TextEncoder().encode(JSON.stringify(signings[0]?.kid));
  results.HS256 = (await show({ alg: 'HS256', kid: signings[0]!.kid, privateKey: secret })).status;
  t.strictSame(results, { RS256: 200, PS256: 200, ES256: 200, RS512: 401, ES384: 401, EdDSA: 401, HS256: 401 });
});

t.test('a new key of Entra is taken as soon as it signs, and unknown ones do not make the edge ask again and again', async (t) => {
  const { its, show } = await another(t, 'Roll over');
  t.match(await show(), { status: 200 });
  const unknown = await its.unpublished('RS256');
  for (let n = 0; n < 5; n++) t.match(await show(unknown), refused);
  t.equal(its.asked.length, 1);
  const { now } = Date;
  t.intercept(Date, 'now', { value: () => now() + 31_000 });
  await its.rollOver();
  t.match(await show(), { status: 200 });
  t.equal(its.asked.length, 2);
});

t.test('while Entra’s keys can’t be fetched the answer is 503, logged and counted, and then all goes on by itself', async (t) => {
  const { its, show } = await another(t, 'Outage');
  its.setBroken(true);
  const said = edge.said.length;
  const failed = async () => Number(/^claras_access_tokens_total.*failed.* (\d+)$/m.exec(await metrics.text())?.[1] ?? 0);
  const before = await failed();
  const answer = await show();
  t.match(answer, { status: 503, headers: { 'retry-after': '5' }, body: { error: 'temporarily_unavailable' } });
  t.match(edge.said.slice(said), [{ err: { name: 'EntraKeysUnavailable' } }]);
  t.equal(await failed(), before + 1);
  its.setBroken(false);
  t.match(await show(), { status: 200 });
  its.setBroken(true);
  t.match(await show(), { status: 200 }, 'with the key that is known');
});
