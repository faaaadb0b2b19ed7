import t, { type Test } from 'tap';
import { clientOf, edgeOnMemory } from './edge-on-memory.ts';

const { app, store, tenant } = await edgeOnMemory();
t.teardown(() => app.close());

const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'];
interface Result {
  method: string;
  bulkId?: string;
  location?: string;
  version?: string;
  status: string;
  response?: { scimType?: string; detail: string; status: string };
}

async function client(name: string) {
  const { id, key } = await tenant(name);
  const send = clientOf(app, key);
  async function bulk(Operations: object[], more: object = {}): Promise<Result[]> {
    const { status, body } = await send('POST', '/Bulk', { schemas, Operations, ...more });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body.Operations;
  }
  const at = async ({ location }: Result) => (await send('GET', new URL(location as string).pathname.replace('/api/scim/v2', ''))).body;
  const sequence = async () => (await store.range(`edge/${id}`, 'users', { limit: 0 })).sequence;
  return { send, bulk, at, sequence };
}
const newUser = (bulkId: string, more: object = {}) => ({
  method: 'POST',
  path: '/Users',
  bulkId,
  data: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `${bulkId}@a.example`, ...more },
});
const statuses = (results: Result[]) => results.map(({ status }) => status);

t.test('RFC 7644, 3.7: makes, changes and deletes in one request, in the order that references need', async (t) => {
  const { bulk, at, send } = await client('Bulk');
  const [crew, ann, bob] = (await bulk([
    {
      method: 'post',
      path: '/Groups',
      bulkId: 'crew',
      data: { displayName: 'Crew', members: [{ value: 'bulkId:ann' }, { $ref: '/Users/bulkId:bob' }] },
    },
    newUser('ann'),
    newUser('bob', { 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { manager: { value: 'bulkId:ann' } } }),
  ])) as [Result, Result, Result];
  t.strictSame(statuses([crew, ann, bob]), ['201', '201', '201']);
  t.strictSame([crew.method, crew.bulkId, ann.bulkId, bob.bulkId], ['POST', 'crew', 'ann', 'bob'], 'answered as they were asked');
  const [annId, bobId] = [(await at(ann)).id, (await at(bob)).id];
  const members = (await at(crew)).members.map(({ value }: { value: string }) => value);
  t.strictSame(members.sort(), [annId, bobId].sort());
  t.equal((await at(bob))['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'].manager.value, annId);
  t.equal((await at(crew)).meta.version, crew.version);

  const results = await bulk([
    newUser('cid'),
    {
      method: 'PATCH',
      path: `/Groups/${(await at(crew)).id}`,
      data: {
        Operations: [
          { op: 'remove', path: `members[value eq "${annId}"]` },
          { op: 'add', path: 'members', value: [{ value: 'bulkId:cid' }] },
        ],
      },
    },
    { method: 'PUT', path: `/Users/${annId}`, version: (await at(ann)).meta.version, data: { userName: 'ann@a.example', title: 'Lead' } },
    { method: 'PATCH', path: '/Users/bulkId:cid', data: { Operations: [{ op: 'replace', path: 'active', value: 'False' }] } },
    { method: 'DELETE', path: `/Users/${bobId}` },
  ]);
  t.strictSame(statuses(results), ['201', '200', '200', '200', '204']);
  t.match(await at(results[0] as Result), { active: false, groups: [{ display: 'Crew' }] });
  t.equal((await at(ann)).title, 'Lead');
  t.equal((await send('GET', `/Users/${bobId}`)).status, 404);
});

t.test('a circle of references is closed, and a reference to nobody or to who could not be made is 409', async (t) => {
  const { bulk, at } = await client('Circles');
  const manager = (bulkId: string) => ({ manager: `bulkId:${bulkId}` });
  const [one, two] = (await bulk([newUser('one', manager('two')), newUser('two', manager('one'))])) as [Result, Result];
  t.strictSame(statuses([one, two]), ['201', '201']);
  const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
  t.equal((await at(one))[enterprise].manager.value, (await at(two)).id);
  t.equal((await at(two))[enterprise].manager.value, (await at(one)).id);

  const results = await bulk([
    newUser('lost', manager('nobody')),
    newUser('three', manager('four')),
    newUser('four', { userName: 'one@a.example' }),
    newUser('five'),
  ]);
  t.strictSame(statuses(results), ['409', '409', '409', '201']);
  t.match(results[2], { response: { scimType: 'uniqueness', status: '409' } });
  t.notOk(results[2]?.location, 'what was not made is nowhere');
});

async function refused(t: Test, { send, sequence }: Awaited<ReturnType<typeof client>>, body: object, status: number): Promise<void> {
  const before = await sequence();
  const answer = await send('POST', '/Bulk', body);
  t.match(answer, { status, body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status) } });
  t.equal(await sequence(), before, 'no state change');
}

t.test('failOnErrors stops; each failure is an answer of its own; a request that is none is refused whole', async (t) => {
  const hill = await client('Limits');
  const wrong = [
    { method: 'POST', path: '/Users', data: {} },
    newUser('nameless', { userName: '' }),
    { method: 'GET', path: '/Users/1' },
    { method: 'PUT', path: '/Users', data: {} },
    { method: 'DELETE', path: '/Boats/1' },
    { method: 'POST', path: '/Users/1', bulkId: 'x', data: {} },
    { method: 'PATCH', path: '/Users/nobody', data: { Operations: [] } },
  ];
  const results = await hill.bulk([...wrong, newUser('last')]);
  t.strictSame(statuses(results), ['400', '400', '400', '400', '400', '400', '404', '201']);
  for (const { status, response } of results.slice(0, -1)) t.match(response, { status, detail: /.{20}/ });
  t.match(results[6]?.location, /\/Users\/nobody$/);

  const stopped = await hill.bulk([newUser('a1'), ...wrong, newUser('a2')], { failOnErrors: 2 });
  t.strictSame(statuses(stopped), ['201', '400', '400'], 'the rest is left undone');

  const [made] = await hill.bulk([newUser('a3')]);
  const stale = { method: 'DELETE', path: new URL(made?.location as string).pathname.replace('/api/scim/v2', ''), version: 'W/"0"' };
  t.strictSame(statuses(await hill.bulk([stale])), ['412']);

  await refused(t, hill, { Operations: [] }, 400);
  await refused(t, hill, { schemas }, 400);
  await refused(t, hill, { schemas, Operations: [1] }, 400);
  await refused(t, hill, { schemas, Operations: [newUser('b1'), newUser('b1')] }, 400);
  await refused(t, hill, { schemas, Operations: [newUser('b1')], failOnErrors: 0 }, 400);
  await refused(t, hill, { schemas, Operations: Array.from({ length: 1001 }, (_, n) => newUser(`n${n}`)) }, 413);
});

t.test('a thousand operations, each referring to the one before, are done', async (t) => {
  const { bulk } = await client('Chain');
  const chain = Array.from({ length: 1000 }, (_, n) => newUser(`n${n}`, n < 999 ? { manager: `bulkId:n${n + 1}` } : {}));
  const results = await bulk(chain);
  t.ok(results.every(({ status }) => status === '201'));
  t.equal(results.length, 1000);
});
