import { createHmac } from 'node:crypto';
import { SignJWT } from 'jose';
import t from 'tap';
import { clientOf, edgeOnMemory } from './edge-on-memory.ts';

const edge = await edgeOnMemory();
t.teardown(() => edge.app.close());
const hill = await edge.tenant('Hill');
const dale = await edge.tenant('Dale');
const rest = await edge.tenant('Rest', ['rest.full']);

const basic = (client: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}` });
async function ask(parameters: Record<string, string> | string, headers: Record<string, string> = {}) {
  const answer = await edge.app.inject({
    method: 'POST',
    url: '/api/scim/v2/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: typeof parameters === 'string' ? parameters : new URLSearchParams(parameters).toString(),
  });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
}
const grant = { grant_type: 'client_credentials' };
const tokenOf = async ({ id, key }: typeof hill): Promise<string> => (await ask(grant, basic(id, key))).body.access_token;

t.test('M30 client credentials give a token for an hour, which opens the SCIM of their tenant', async (t) => {
  const inHeader = await ask(grant, basic(hill.id, hill.key));
  t.match(inHeader, { status: 200, body: { token_type: 'Bearer', expires_in: 3600, scope: 'scim.full' } });
  t.match(inHeader.headers, { 'cache-control': 'no-store', 'content-type': /^application\/json/ });
  const inForm = await ask({ ...grant, client_id: hill.id, client_secret: hill.key, scope: 'whatever' });
  for (const [name, { body }] of Object.entries({ ann: inHeader, bob: inForm })) {
    const made = await clientOf(edge.app, body.access_token)('POST', '/Users', { userName: `${name}@hill.example` });
    t.equal(made.status, 201);
    t.equal((await clientOf(edge.app, dale.key)('GET', `/Users/${made.body.id}`)).status, 404);
    t.equal((await clientOf(edge.app, hill.key)('GET', `/Users/${made.body.id}`)).status, 200);
  }
});

t.test('a token opens no longer than its key: it ends with it, and after an hour', async (t) => {
  const { key, value } = await edge.keys.create({ tenant: hill.id, name: 'second', scopes: ['scim.full', 'rest.full'] });
  const token = await tokenOf({ id: hill.id, key: value });
  t.equal((await clientOf(edge.app, token)('GET', '/Users')).status, 200);
  t.strictSame((await edge.keys.verify(token)) as object, { ok: true, id: key.id, tenant: hill.id, scopes: ['scim.full'] });
  await edge.keys.revoke(hill.id, key.id);
  edge.clock.advance(1000);
  t.match(await clientOf(edge.app, token)('GET', '/Users'), { status: 401, body: { detail: /revoked/ } });

  const other = await tokenOf(hill);
  edge.clock.advance(3_590_000);
  t.equal((await clientOf(edge.app, other)('GET', '/Users')).status, 200);
  edge.clock.advance(20_000);
  t.match(await clientOf(edge.app, other)('GET', '/Users'), { status: 401, body: { detail: /expired/ } });
  t.equal((await clientOf(edge.app, await tokenOf(hill))('GET', '/Users')).status, 200);
});

t.test('who is not the client gets no token, and is not told why', async (t) => {
  const wrong = [
    ask(grant, basic(hill.id, dale.key)),
    ask(grant, basic('nobody', hill.key)),
    ask(grant, basic(rest.id, rest.key)),
    ask(grant, basic(hill.id, `${hill.key.slice(0, -1)}${hill.key.endsWith('x') ? 'y' : 'x'}`)),
    ask(grant, basic(hill.id, await tokenOf(hill))),
    ask(grant, { authorization: `Bearer ${hill.key}` }),
    ask({ ...grant, client_id: hill.id }),
    ask(grant),
  ];
  for (const { status, headers, body } of await Promise.all(wrong)) {
    t.match({ status, body }, { status: 401, body: { error: 'invalid_client', error_description: String } });
    t.equal(headers['www-authenticate'], 'Basic realm="scim"');
    t.equal(headers['cache-control'], 'no-store');
    t.notMatch(JSON.stringify(body), /claras_/);
  }
});

t.test('a request that is none is told what is wrong with it', async (t) => {
  const me = basic(hill.id, hill.key);
  t.match(await ask('', me), { status: 400, body: { error: 'invalid_request' } });
  t.match(await ask({ grant_type: 'password' }, me), { status: 400, body: { error: 'unsupported_grant_type' } });
  t.match(await ask('grant_type=client_credentials&grant_type=password', me), { status: 400, body: { error: 'invalid_request' } });
  t.match(await ask({ ...grant, client_id: hill.id, client_secret: hill.key }, me), { status: 400, body: { error: 'invalid_request' } });
  t.match(await ask({ ...grant, client_id: dale.id }, me), { status: 400, body: { error: 'invalid_request' } });
  t.match(await ask('{}', { ...me, 'content-type': 'application/json' }), { status: 415, body: { error: 'invalid_request' } });
  t.match(await ask({ ...grant, scope: 'x'.repeat(10_000) }, me), { status: 413, body: { error: 'invalid_request' } });
  const answer = await edge.app.inject({ method: 'GET', url: '/api/scim/v2/oauth2/token' });
  t.match(answer, { statusCode: 405, headers: { allow: 'POST' } });
});

t.test('a token that was not given here opens nothing', async (t) => {
  const token = await tokenOf(hill);
  const [head, , signature] = token.split('.');
  const payload = Buffer.from(
    JSON.stringify({ ...JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()), client_id: dale.id }),
  );
  const forged = `${head}.${payload.toString('base64url')}.${signature}`;
  const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload.toString('base64url')}.`;
  const elsewhere = await new SignJWT({ client_id: hill.id })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setSubject('someone')
    .setAudience('scim.full')
    .setExpirationTime('1h')
    .sign(createHmac('sha256', 'another pepper').update('access token').digest());
  for (const wrong of [forged, unsigned, elsewhere, `${token}x`, 'a.b.c', '...'])
    t.equal((await clientOf(edge.app, wrong)('GET', '/Users')).status, 401);
});
