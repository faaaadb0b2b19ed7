import type { OutboxEntry } from '@claras/ports/store/store';
import { StoreUnavailable } from '@claras/ports/store/store';
import { createMetrics } from '@claras/service-kit/metrics';
import t from 'tap';
import { edgeMetrics } from '../src/edge-metrics.ts';
import { clientOf, edgeOnMemory } from './edge-on-memory.ts';

const user = (userName: string) => ({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName });
const patch = (...Operations: object[]) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });

async function stage() {
  const edge = await edgeOnMemory();
  const acme = await edge.tenant('Acme');
  const { store } = edge;
  const toldOf = async () => {
    const cells = await Promise.all(Array.from({ length: store.cells }, (_, cell) => store.outbox('edge-outcome')!.read(cell, 500)));
    return cells.flat().map(({ record: { headers, value } }: OutboxEntry) => ({
      ...{ request: headers.ce_request, subject: headers.ce_subject, trace: headers.ce_traceparent, source: headers.ce_source },
      ...JSON.parse(value),
    }));
  };
  /** What was told, once there is so much of it. */
  async function told(count: number) {
    let found = await toldOf();
    while (found.length < count) {
      await new Promise((turn) => setImmediate(turn));
      found = await toldOf();
    }
    return found;
  }
  return { ...edge, acme, send: clientOf(edge.app, acme.key), told, toldOf };
}

t.test(
  'each refused write of a known key is told, with what was asked and answered; reads, strangers and what succeeds are not',
  async (t) => {
    const { app, send, told, acme, keys, providers, tenant } = await stage();
    t.teardown(() => app.close());
    const [key] = await keys.list(acme.id);
    const { id } = (await send('POST', '/Users', user('ann@a.example'))).body;
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await send('POST', '/Users?attributes=id', user('ANN@a.example'), { traceparent });
    await send('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'userName', value: 7 }));
    await send('PATCH', `/users/${id}`, patch({ op: 'replace', path: 'title', value: 'x' }), { 'if-match': 'W/"0"' });
    await send('DELETE', '/Groups/nobody');
    await send('GET', '/Users/nobody');
    await send('POST', '/Users/.search/', { schemas: [] });
    await clientOf(app, 'claras_scim_nobody')('POST', '/Users', user('eve@a.example'));
    const bulk = await send('POST', '/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: [
        { method: 'POST', path: '/Users', bulkId: 'a', data: user('ann@a.example') },
        { method: 'DELETE', path: '/Users/nobody' },
        { method: 'POST', path: '/Users', bulkId: 'b', data: user('bob@a.example') },
      ],
    });
    t.strictSame(
      bulk.body.Operations.map(({ status }: { status: string }) => status),
      ['409', '404', '201'],
    );
    const found = await told(6);
    t.match(found, [
      { request: 'POST /Users', subject: 'Users', status: 409, scimType: 'uniqueness', key: key!.id, trace: traceparent, after: Number },
      { request: `PATCH /Users/${id}`, subject: `Users/${id}`, status: 400, scimType: String },
      { request: `PATCH /users/${id}`, subject: `Users/${id}`, status: 412 },
      { request: 'DELETE /Groups/nobody', subject: 'Groups/nobody', status: 404 },
      { request: 'POST /Users', status: 409 },
      { request: 'DELETE /Users/nobody', subject: 'Users/nobody', status: 404 },
    ]);
    t.equal(found.length, 6);
    t.notMatch(JSON.stringify(found), /example/, 'nothing that was sent');

    const off = await tenant('Off');
    const [entra] = await providers.list(off.id);
    await providers.setScim(off.id, entra!.id, false);
    t.equal((await clientOf(app, off.key)('POST', '/Users', user('ann@a.example'))).status, 403);
    t.match(
      (await told(7)).find(({ status }) => status === 403),
      { request: 'POST /Users', source: '/claras/outcome/edge-outcome' },
    );
  },
);

t.test(
  'of a flood 20 in a minute are told one by one, then one with the number of the others; another tenant is told as ever',
  async (t) => {
    const { app, send, told, toldOf, clock, tenant } = await stage();
    const other = await tenant('Other');
    for (let n = 0; n < 75; n++) await send('DELETE', `/Users/nobody-${n}`);
    await clientOf(app, other.key)('DELETE', '/Users/nobody');
    t.equal((await told(21)).length, 21);
    clock.advance(60_000);
    await send('DELETE', '/Users/in-the-next-minute');
    await told(22);
    await app.close();
    const found = await toldOf();
    t.equal(found.length, 23);
    t.match(
      found.find(({ more }) => more),
      { subject: 'Users/nobody-74', more: 54 },
    );
  },
);

t.test('a store that takes no refusals makes no answer later or other', async (t) => {
  const { app, store, send, toldOf } = await stage();
  t.teardown(() => app.close());
  const { commit } = store;
  store.commit = (scope, change) =>
    scope.startsWith('edge-outcome/') ? Promise.reject(new StoreUnavailable('down')) : commit(scope, change);
  t.equal((await send('DELETE', '/Users/nobody')).status, 404);
  t.equal((await send('POST', '/Users', user('ann@a.example'))).status, 201);
  t.strictSame(await toldOf(), []);
});

t.test('what a write was taken without is told by name, once for each name; five in a minute one by one', async (t) => {
  const { app, send, told, toldOf, clock } = await stage();
  const { id } = (await send('POST', '/Users', { ...user('ann@a.example'), shoeSize: 'secret' })).body;
  const { id: group } = (await send('POST', '/Groups', { displayName: 'Crew', members: [{ value: 'x' }, { value: 'y' }, { value: id }] }))
    .body;
  await send('PATCH', `/Groups/${group}`, patch({ op: 'add', path: 'members', value: [{ value: 'nobody' }] }));
  t.match(await told(3), [
    { request: 'POST /Users', subject: `Users/${id}`, ignored: ['shoeSize'], key: String, after: Number },
    { request: 'POST /Groups', subject: `Groups/${group}`, ignored: ['members'] },
    { request: `PATCH /Groups/${group}`, subject: `Groups/${group}`, ignored: ['members'] },
  ]);
  const bulk = [{ method: 'PATCH', path: `/Users/${id}`, data: { Operations: [{ op: 'add', path: 'hatSize', value: 'secret' }] } }];
  await send('POST', '/Bulk', { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations: bulk });
  t.match((await told(4))[3], { request: `PATCH /Users/${id}`, subject: `Users/${id}`, ignored: ['hatSize'] });
  for (let n = 0; n < 10; n++) await send('PATCH', `/Users/${id}`, patch({ op: 'add', path: 'hatSize', value: n }));
  await told(5);
  clock.advance(60_000);
  await app.close();
  const found = await toldOf();
  t.match([found.length, found.at(-1)], [6, { ignored: ['hatSize'], more: 8 }]);
  t.notMatch(JSON.stringify(found), /secret|example/, 'no values');
});

t.test('what is refused is counted by scimType, an operation of a bulk too', async (t) => {
  const edge = await edgeOnMemory();
  const metrics = createMetrics('test');
  const app = edge.process({ metrics: edgeMetrics(metrics) });
  t.teardown(() => Promise.all([app.close(), edge.app.close()]));
  const send = clientOf(app, (await edge.tenant('Acme')).key);
  await send('POST', '/Users', user('ann@a.example'));
  await send('POST', '/Users', user('ann@a.example'));
  await send('GET', '/Users?filter=nonsense');
  await send('GET', '/Users/nobody');
  await send('POST', '/Bulk', {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: [{ method: 'POST', path: '/Users', bulkId: 'a', data: user('ann@a.example') }],
  });
  t.match((await metrics.text()).match(/^claras_scim_errors_total.*/gm)?.sort(), [
    /"invalidFilter".* 1$/,
    /"none".* 1$/,
    /"uniqueness".* 2$/,
  ]);
});
