import t, { type Test } from 'tap';
import { clientOf, edgeOnMemory } from './edge-on-memory.ts';

const { app, process, store, keys, providers, tenant, said } = await edgeOnMemory();
const acme = await tenant('Acme');
const other = await tenant('Other');
const rest = await tenant('Rest only', ['rest.full']);
t.teardown(() => app.close());

const user = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'ann@a.example' };
const patch = (...Operations: object[]) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });

async function send(
  method: string,
  path: string,
  { key = acme.key, body, headers = {} }: { key?: string; body?: unknown; headers?: Record<string, string> } = {},
) {
  const answer = await app.inject({
    method: method as 'GET',
    url: `/api/scim/v2${path}`,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }), ...headers },
    ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: answer.statusCode, headers: answer.headers, body: answer.body === '' ? undefined : answer.json() };
}
const created = async (body: object, path = '/Users') => (await send('POST', path, { body })).body as { id: string };

/** A refusal is a SCIM error (RFC 7644, 3.12) that says what to do, and leaves everything as it was. */
async function refused(t: Test, answer: Promise<Awaited<ReturnType<typeof send>>>, status: number, scimType?: string): Promise<void> {
  const count = async () => (await store.range('edge/acme', 'users', { limit: 0 })).sequence;
  const before = await count();
  const { status: actual, body, headers } = await answer;
  t.equal(actual, status);
  t.match(headers['content-type'], 'application/scim+json');
  t.match(body, { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status), ...(scimType ? { scimType } : {}) });
  t.ok(body.detail.length > 20, body.detail);
  t.equal(await count(), before, 'no state change');
}

t.test('M14 no key, a malformed, unknown or revoked one is 401, and one without scim.full is 403', async (t) => {
  const revoked = await keys.create({ tenant: 'acme', name: 'Old', scopes: ['scim.full'] });
  await keys.revoke('acme', revoked.key.id);
  for (const authorization of ['', 'Bearer', 'Basic YTpi', 'Bearer nonsense', `Bearer ${acme.key}x`, `Bearer ${revoked.value}`]) {
    const answer = send('GET', '/Users', { headers: { authorization } });
    t.match((await answer).headers['www-authenticate'], 'Bearer');
    await refused(t, answer, 401);
  }
  await refused(t, send('GET', '/Users', { key: rest.key }), 403);
});

t.test('M1 with SCIM off every request of that tenant is 403 and says where to turn it on', async (t) => {
  const off = await tenant('Switched off');
  const [entra] = await providers.list(off.id);
  await providers.setScim(off.id, entra!.id, false);
  const { status, body } = await send('GET', '/Users', { key: off.key });
  t.equal(status, 403);
  t.match(body.detail, 'Enable SCIM');
});

t.test('the tenant is that of the key: another tenant’s ids are not there', async (t) => {
  const { id } = await created({ ...user, userName: 'owned@a.example' });
  for (const [method, body] of [
    ['GET'],
    ['DELETE'],
    ['PUT', user],
    ['PATCH', patch({ op: 'replace', path: 'title', value: 'x' })],
  ] as const)
    await refused(t, send(method, `/Users/${id}`, { key: other.key, body }), 404);
  t.equal((await send('GET', `/Users?filter=userName+eq+%22owned@a.example%22`, { key: other.key })).body.totalResults, 0);
});

t.test('malformed, deep, oversize and wrongly typed bodies are refused cleanly', async (t) => {
  await refused(t, send('POST', '/Users', { body: '{"userName":' }), 400, 'invalidSyntax');
  await refused(t, send('POST', '/Users', { body: '[]' }), 400, 'invalidSyntax');
  await refused(t, send('POST', '/Users', { body: `${'['.repeat(100_000)}${']'.repeat(100_000)}` }), 400, 'invalidSyntax');
  await refused(t, send('POST', '/Users', { body: '{"userName":"x","__proto__":{"admin":true}}' }), 400, 'invalidSyntax');
  await refused(t, send('POST', '/Users', { body: { ...user, title: 'x'.repeat(1024 * 1024) } }), 413);
  await refused(t, send('POST', '/Users', { body: { ...user, title: 'x'.repeat(300_000) } }), 413);
  const { id } = await created({ ...user, userName: 'grown@a.example' });
  await refused(t, send('PATCH', `/Users/${id}`, { body: patch({ op: 'add', path: 'title', value: 'x'.repeat(300_000) }) }), 413);
  await refused(t, send('POST', '/Users', { body: user, headers: { 'content-type': 'text/plain' } }), 415);
  await refused(t, send('POST', '/Users', { body: {} }), 400, 'invalidValue');
  await refused(t, send('POST', '/Users', { body: { ...user, active: 'perhaps' } }), 400, 'invalidValue');
  t.equal(({} as { admin?: boolean }).admin, undefined);
});

t.test('a filter that is invalid, too long, too deep or about nothing is 400, and never the whole list', async (t) => {
  const filters = [
    'userName',
    'userName eq',
    'userName xx "a"',
    'shoeSize eq "9"',
    `userName eq "${'x'.repeat(3000)}"`,
    `${'('.repeat(500)}userName pr${')'.repeat(500)}`,
  ];
  filters.push(Array.from({ length: 60 }, (_, n) => `userName eq "${n}"`).join(' or '));
  for (const filter of filters) await refused(t, send('GET', `/Users?filter=${encodeURIComponent(filter)}`), 400, 'invalidFilter');
});

t.test('a body that is not UTF-8 is refused, not stored as something else; a byte order mark is none of it', async (t) => {
  const post = (payload: Buffer) => async () => {
    const headers = { authorization: `Bearer ${acme.key}`, 'content-type': 'application/scim+json' };
    const answer = await app.inject({ method: 'POST', url: '/api/scim/v2/Users', headers, payload });
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
  };
  await refused(t, post(Buffer.from('{"userName":"J\xf6rg@a.example"}', 'latin1'))(), 400, 'invalidSyntax');
  const marked = await post(Buffer.from('\uFEFF{"userName":"Jörg@a.example"}'))();
  t.match(marked, { status: 201, body: { userName: 'Jörg@a.example' } });
});

t.test('a path that no router can read is refused as any other request, and not repeated', async (t) => {
  await refused(t, send('GET', '/Users/%ff'), 400, 'invalidSyntax');
  await refused(t, send('GET', `/Users/${'secret'.repeat(100)}`), 404);
  t.notMatch(JSON.stringify((await send('DELETE', '/Users/secret%')).body), 'secret');
});

t.test('unknown ids and endpoints are 404', async (t) => {
  await refused(t, send('GET', '/Users/nobody'), 404);
  await refused(t, send('DELETE', '/Groups/nobody'), 404);
  await refused(t, send('GET', '/Nothing'), 404);
});

t.test('an attribute that no schema has is passed over, not refused, and told to the log without its value', async (t) => {
  const { status, body } = await send('POST', '/Users', { body: { ...user, userName: 'odd@a.example', shoeSize: 'secret value' } });
  t.equal(status, 201);
  t.equal(body.shoeSize, undefined);
  t.match(said.at(-1), { ignored: ['shoeSize'] });
  t.notMatch(JSON.stringify(said), 'secret value');
});

t.test('a list is counted in the order of creation, page by page', async (t) => {
  const pages = await tenant('Pages');
  for (let n = 0; n < 7; n++) await send('POST', '/Users', { key: pages.key, body: { ...user, userName: `user${n}@a.example` } });
  const { body } = await send('GET', '/Users?startIndex=3&count=2', { key: pages.key });
  t.match(body, {
    totalResults: 7,
    startIndex: 3,
    itemsPerPage: 2,
    Resources: [{ userName: 'user2@a.example' }, { userName: 'user3@a.example' }],
  });
  const sorted = await send('GET', '/Users?sortBy=userName&sortOrder=descending&count=1', { key: pages.key });
  t.match(sorted.body, { totalResults: 7, Resources: [{ userName: 'user6@a.example' }] });
  const scanned = await send('GET', '/Users?filter=userName+sw+%22user%22+and+not+(userName+co+%223%22)&count=2&startIndex=4', {
    key: pages.key,
  });
  t.match(scanned.body, {
    totalResults: 6,
    itemsPerPage: 2,
    Resources: [{ userName: 'user4@a.example' }, { userName: 'user5@a.example' }],
  });
});

t.test('M17 a user shows its groups, a group its members, and a reference check reads neither', async (t) => {
  const { id } = await created({ ...user, userName: 'grouped@a.example' });
  const group = await created({ displayName: 'Grouped', members: [{ value: id }] }, '/Groups');
  t.match((await send('GET', `/Users/${id}`)).body.groups, [{ value: group.id, display: 'Grouped' }]);
  t.match((await send('GET', `/Groups/${group.id}`)).body.members, [{ value: id }]);
  t.equal((await send('GET', `/Groups/${group.id}?excludedAttributes=members`)).body.members, undefined);
  const check = (member: string) =>
    send('GET', `/Groups?filter=${encodeURIComponent(`id eq "${group.id}" and members eq "${member}"`)}&attributes=id`);
  t.strictSame([(await check(id)).body.totalResults, (await check('nobody')).body.totalResults], [1, 0]);

  const other = await created({ ...user, userName: 'grouped-too@a.example' });
  await send('PATCH', `/Groups/${group.id}`, { body: patch({ op: 'add', path: 'members', value: [{ value: other.id }] }) });
  const [one, two] = [id, other.id].map((member) => `members[value eq "${member}"]`);
  for (const [filter, found] of [
    [`${one} and ${two}`, 1],
    [`${one} and not (${two})`, 0],
    [`${one} and members ne "${other.id}"`, 0],
    [`${one} and members co "${other.id.slice(1)}"`, 1],
    [`${one} and (members eq "nobody" or ${two})`, 1],
    [`${one} and members[value eq "${other.id}" and type eq "Group"]`, 0],
    [`${one} and members[not (value eq "${id}")]`, 1],
    [`members eq "nobody" or ${one}`, 1],
    [`displayName eq "Grouped" and not (members eq null)`, 1],
  ] as const)
    t.equal((await send('GET', `/Groups?filter=${encodeURIComponent(filter)}`)).body.totalResults, found, filter);
});

t.test('a resource is served from its stored JSON byte for byte as if it were parsed and written anew', async (t) => {
  const send = clientOf(app, (await tenant('Spliced')).key);
  const odd = { title: 'a"b\\\n\u2028é', 'urn:x:y:2.0:User': { z: ['],"', { deep: [1.5, null, true] }] }, externalId: '],"id":"' };
  const { body: ann } = await send('POST', '/Users', { ...user, ...odd });
  const { body: bo } = await send('POST', '/Users', { userName: 'bo@acme.example' });
  await send('POST', '/Groups', { displayName: 'All "of" us', members: [{ value: ann.id }] });
  for (const { id, userName } of [ann, bo]) {
    const whole = await send('GET', `/Users/${id}`);
    t.ok(whole.body.meta.version);
    t.equal(whole.text, JSON.stringify(whole.body));
    t.equal(whole.text, (await send('GET', `/Users/${id}?excludedAttributes=nickName`)).text);
    const query = `/Users?filter=userName+eq+"${userName}"`;
    t.equal((await send('GET', query)).text, (await send('GET', `${query}&excludedAttributes=nickName`)).text);
  }
  t.match((await send('GET', `/Users/${ann.id}`)).body, { ...odd, groups: [{ display: 'All "of" us' }] });
});

t.test('If-Match writes over the version that was read only; If-None-Match saves the answer', async (t) => {
  const { id } = await created({ ...user, userName: 'tagged@a.example' });
  const { etag } = (await send('GET', `/Users/${id}`)).headers as { etag: string };
  t.equal((await send('GET', `/Users/${id}`, { headers: { 'if-none-match': etag } })).status, 304);
  const change = { body: patch({ op: 'replace', path: 'title', value: 'Lead' }), headers: { 'if-match': etag } };
  t.equal((await send('PATCH', `/Users/${id}`, change)).status, 200);
  t.equal((await send('PATCH', `/Users/${id}`, { ...change, body: patch({ op: 'replace', path: 'title', value: 'Other' }) })).status, 412);
  await refused(t, send('DELETE', `/Users/${id}`, { headers: { 'if-none-match': '*' } }), 412);
});

t.test('a user whose groups changed is not as If-None-Match has it, though its own version stays', async (t) => {
  const ann = await created({ ...user, userName: 'changing-groups@a.example' });
  const { id } = await created({ displayName: 'Left or renamed', members: [{ value: ann.id }] }, '/Groups');
  const read = async (ifNoneMatch?: string) =>
    send('GET', `/Users/${ann.id}`, ifNoneMatch === undefined ? {} : { headers: { 'if-none-match': ifNoneMatch } });
  let { etag } = (await read()).headers as { etag: string };
  for (const change of [
    patch({ op: 'replace', path: 'displayName', value: 'Regrouped' }),
    patch({ op: 'remove', path: 'members', value: [{ value: ann.id }] }),
    patch({ op: 'add', path: 'members', value: [{ value: ann.id }] }),
    undefined,
  ]) {
    t.equal((await read(etag)).status, 304);
    await send(change ? 'PATCH' : 'DELETE', `/Groups/${id}`, change ? { body: change } : {});
    const { status, headers, body } = await read(etag);
    t.equal(status, 200, JSON.stringify(change));
    t.equal(body.meta.version, headers.etag);
    etag = headers.etag as string;
    const write = { body: patch({ op: 'replace', path: 'title', value: etag }), headers: { 'if-match': etag } };
    t.equal((await send('PATCH', `/Users/${ann.id}`, write)).status, 200, 'whoever read it may change it');
    etag = (await read()).headers.etag as string;
  }
});

t.test('a name that is refused as taken is found by that name, and one that is not refused finds itself alone', async (t) => {
  // Entra asks for whom it was told is there already, and gives up where nobody is found.
  const pairs = ['Straße|STRASSE', 'ẞ|ß', 'a@x.example|A@x.example.', 'ΟΔΟΣ|οδός', 'ΟΔΟΣ|οδοσ', 'ﬁ|FI', 'I|ı', ' x |X', '１|1', 'é|É'];
  const { key } = await tenant('Names');
  const endpoints = [
    ['/Users', 'userName'],
    ['/Groups', 'displayName'],
  ] as const;
  for (const [path, attribute] of endpoints)
    for (const [first, second] of pairs.map((pair) => pair.split('|'))) {
      const { id } = (await send('POST', path, { key, body: { [attribute]: first } })).body;
      const { status, body } = await send('POST', path, { key, body: { [attribute]: second } });
      for (const more of ['', ' or id eq "nobody"']) {
        const filter = encodeURIComponent(`${attribute} eq ${JSON.stringify(second)}${more}`);
        const found = (await send('GET', `${path}?filter=${filter}`, { key })).body.Resources as { id: string }[];
        const wanted = status === 409 ? id : body.id;
        t.strictSame(
          found.map((one) => one.id),
          [wanted],
          `${first} ${second} ${status}${more}`,
        );
      }
      for (const text of [' ', '.']) {
        const filter = encodeURIComponent(`${attribute} co ${JSON.stringify(text)}`);
        const found = (await send('GET', `${path}?filter=${filter}`, { key })).body.totalResults;
        t.equal(found, [first, ...(status === 201 ? [second] : [])].filter((name) => name?.includes(text)).length, `contains ${text}`);
      }
      for (const gone of [id, body.id]) if (gone) await send('DELETE', `${path}/${gone}`, { key });
    }
});

t.test('a PUT that leaves active out does not deactivate', async (t) => {
  const { id } = await created({ ...user, userName: 'put@a.example', title: 'Lead' });
  await send('PATCH', `/Users/${id}`, { body: patch({ op: 'Replace', path: 'active', value: 'False' }) });
  const { body } = await send('PUT', `/Users/${id}`, { body: { ...user, userName: 'put@a.example' } });
  t.strictSame([body.active, body.title], [false, undefined]);
  const nulled = await send('PUT', `/Users/${id}`, { body: { ...user, userName: 'put@a.example', active: null } });
  t.equal(nulled.body.active, false, 'nor does it reactivate who has left');
});

t.test(
  'where a resource is: below the Tenant URL where the edge was told it, since a proxy that ends TLS hides it, else where it was asked',
  async (t) => {
    const { id } = await created({ ...user, userName: 'where@a.example' });
    t.equal((await send('GET', `/Users/${id}`)).body.meta.location, `http://localhost:80/api/scim/v2/Users/${id}`);
    const behind = process({ tenantUrl: 'https://claras.example/scim/' });
    t.teardown(() => behind.close());
    const made = await behind.inject({
      method: 'POST',
      url: '/api/scim/v2/Users',
      headers: { authorization: `Bearer ${acme.key}`, 'content-type': 'application/scim+json' },
      payload: { ...user, userName: 'behind@a.example' },
    });
    t.equal(made.headers.location, `https://claras.example/scim/Users/${made.json().id}`);
    t.equal(made.json().meta.location, made.headers.location);
  },
);

t.test('discovery says what the attribute table says', async (t) => {
  const { body } = await send('GET', '/Schemas');
  t.match(
    body.Resources.map(({ id }: { id: string }) => id),
    [/core:2.0:User/, /enterprise:2.0:User/, /core:2.0:Group/],
  );
  for (const path of ['/ServiceProviderConfig', '/ResourceTypes', '/ResourceTypes/User', `/Schemas/${body.Resources[0].id}`])
    t.equal((await send('GET', path)).status, 200, path);
  await refused(t, send('GET', '/Schemas?Filter=id%20pr'), 403);
});

t.test('a header that may stand once is not taken twice', async (t) => {
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const { hostname, port } = new URL(url);
  const { connect } = await import('node:net');
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(
        `GET /api/scim/v2/Users HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${acme.key}\r\nAuthorization: Bearer other\r\nConnection: close\r\n\r\n`,
      ),
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
  t.match(answer, /^HTTP\/1.1 400/);
});

t.test('another method on a path that exists is 405 with Allow', async (t) => {
  for (const path of ['/ServiceProviderConfig', '/ResourceTypes', '/ResourceTypes/User', '/Schemas'])
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
      const answer = send(method, path, method.startsWith('P') ? { body: {} } : {});
      t.equal((await answer).headers.allow, 'GET');
      await refused(t, answer, 405);
    }
  t.equal((await send('DELETE', '/Users')).headers.allow, 'GET, POST');
  t.equal((await send('GET', '/Users/.search')).headers.allow, 'POST');
  t.equal((await send('POST', '/Groups/some', { body: {} })).headers.allow, 'GET, PUT, PATCH, DELETE');
});

t.test('POST /Users/.search is a list whose filter stands in the body (RFC 7644, 3.4.3)', async (t) => {
  const searchRequest = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'] };
  const { id } = await created({ ...user, userName: 'Search@a.example', displayName: 'Found' });
  const body = { ...searchRequest, filter: 'userName eq "search@a.example"', attributes: ['displayName'], startIndex: 1, count: 5 };
  const found = await send('POST', '/Users/.search', { body });
  t.equal(found.status, 200);
  t.match(found.body, { totalResults: 1, startIndex: 1, itemsPerPage: 1, Resources: [{ id, displayName: 'Found' }] });
  t.notOk(found.body.Resources[0].userName, 'only what was asked for');
  await refused(t, send('POST', '/Users/.search', { body: { filter: 'userName pr' } }), 400, 'invalidSyntax');
  await refused(t, send('POST', '/Users/.search', { body: { ...searchRequest, filter: 'userName' } }), 400, 'invalidFilter');
  await refused(t, send('POST', '/Users/.search', { body: { ...searchRequest, count: 1.5 } }), 400, 'invalidValue');
});

t.test('paths are taken in any case, ids as they are', async (t) => {
  const { id } = await created({ ...user, userName: 'case@a.example' });
  t.equal((await send('GET', `/users/${id}`)).body.id, id);
  t.equal((await send('GET', '/GROUPS')).status, 200);
});

t.test('/Me is not implemented, and says what to ask for', async (t) => {
  await refused(t, send('GET', '/Me'), 501);
});

t.test('POST /.search asks every resource type at once (RFC 7644, 3.4.3)', async (t) => {
  const both = await tenant('Both types');
  const searchAll = async (request: object) =>
    send('POST', '/.search', {
      key: both.key,
      body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], ...request },
    });
  for (const n of [1, 2, 3])
    await send('POST', '/Users', { key: both.key, body: { ...user, userName: `u${n}@a.example`, displayName: 'Same' } });
  await send('POST', '/Groups', { key: both.key, body: { displayName: 'Same' } });

  const types = (answer: { body: { Resources: { meta: { resourceType: string } }[] } }) =>
    answer.body.Resources.map(({ meta }) => meta.resourceType);
  const named = await searchAll({ filter: 'displayName eq "same"' });
  t.equal(named.body.totalResults, 4);
  t.same(types(named), ['User', 'User', 'User', 'Group']);
  const page = await searchAll({ filter: 'displayName eq "same"', startIndex: 3, count: 2 });
  t.match(page.body, { totalResults: 4, startIndex: 3, itemsPerPage: 2 });
  t.same(types(page), ['User', 'Group']);
  t.match((await searchAll({ startIndex: 5 })).body, { totalResults: 4, itemsPerPage: 0 });
  t.equal((await searchAll({ filter: 'userName eq "u2@a.example"' })).body.totalResults, 1, 'no group has a userName');

  await refused(t, searchAll({ filter: 'displayName' }), 400, 'invalidFilter');
  await refused(t, searchAll({ sortBy: 'displayName' }), 400, 'invalidValue');
  t.equal((await send('GET', '/.search')).status, 405);

  // The same as a query of the Tenant URL itself (RFC 7644, 3.4.2.1).
  const query = `filter=${encodeURIComponent('displayName eq "same"')}&startIndex=3&count=2`;
  for (const path of ['', '/']) t.strictSame((await send('GET', `${path}?${query}`, { key: both.key })).body, page.body);
  await refused(t, send('GET', '?filter=displayName'), 400, 'invalidFilter');
  // A path that was put behind the flag of Entra's Tenant URL asks for one user, and must not find all.
  const { key } = both;
  for (const rest of ['', '?aadOptscim062020', '?aadOptscim062020/Users?filter=userName+eq+%22nobody%22'])
    await refused(t, send('GET', rest, { key }), 404);
  t.equal((await send('POST', '', { body: user })).headers.allow, 'GET');
});
