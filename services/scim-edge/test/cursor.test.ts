import t from 'tap';
import { clientOf, edgeOnMemory } from './edge-on-memory.ts';

const { app, tenant } = await edgeOnMemory();
t.teardown(() => app.close());

interface List {
  totalResults: number;
  startIndex?: number;
  nextCursor?: string;
  itemsPerPage: number;
  Resources: { id: string; userName?: string; displayName?: string }[];
}

const client = async (name: string) => clientOf(app, (await tenant(name)).key);
const names = ({ Resources }: List) => Resources.map(({ userName, displayName }) => userName ?? displayName);

/** Every page of a list, by its cursors. */
async function walk(get: (cursor: string) => Promise<List>): Promise<List[]> {
  const pages = [await get('')];
  for (let next = pages[0]?.nextCursor; next !== undefined; next = pages.at(-1)?.nextCursor) pages.push(await get(next));
  return pages;
}

t.test('RFC 9865: a list is read behind cursors, and nobody is missed or seen twice while others come and go', async (t) => {
  const send = await client('Cursors');
  for (const n of [1, 2, 3, 4, 5]) await send('POST', '/Users', { userName: `u${n}`, title: n % 2 ? 'odd' : 'even' });
  for (const query of ['', '&filter=userName+sw+%22u%22', '&sortBy=userName', '&sortBy=userName&sortOrder=descending&filter=title+pr']) {
    const pages = await walk(async (cursor) => (await send('GET', `/Users?count=2&cursor=${cursor}${query}`)).body);
    t.strictSame(
      pages.map(({ totalResults, itemsPerPage, startIndex }) => [totalResults, itemsPerPage, startIndex]),
      [
        [5, 2, undefined],
        [5, 2, undefined],
        [5, 1, undefined],
      ],
      query,
    );
    const all = ['u1', 'u2', 'u3', 'u4', 'u5'];
    t.strictSame(pages.flatMap(names), query.includes('desc') ? all.reverse() : all, query);
  }
  const exact = await send('GET', '/Users?count=5&cursor=');
  t.notOk('nextCursor' in exact.body, 'the last page has no cursor');

  const sorted = (await send('GET', '/Users?count=1&cursor=&sortBy=userName')).body as List;
  const first = (await send('GET', '/Users?count=2&cursor=')).body as List;
  for (const { id } of first.Resources) await send('DELETE', `/Users/${id}`);
  await send('POST', '/Users', { userName: 'u6' });
  const rest = (await send('GET', `/Users?cursor=${first.nextCursor}`)).body as List;
  t.strictSame(names(rest), ['u3', 'u4', 'u5', 'u6']);

  const gone = await send('GET', `/Users?count=1&cursor=${sorted.nextCursor}&sortBy=userName`);
  t.match(gone, { status: 400, body: { scimType: 'expiredCursor', status: '400' } }, 'an order has no place for who is gone');
  for (const path of [`/Groups?cursor=${first.nextCursor}`, `/Users?cursor=${first.nextCursor}&filter=title+pr`, '/Users?cursor=abc'])
    t.match(await send('GET', path), { status: 400, body: { scimType: 'invalidCursor' } }, path);
});

t.test('RFC 9865, 3: POST /.search goes on over every resource type behind a cursor', async (t) => {
  const send = await client('Cursors of all');
  for (const n of [1, 2, 3]) await send('POST', '/Users', { userName: `u${n}`, displayName: 'Same' });
  for (const n of [1, 2]) await send('POST', '/Groups', { displayName: `g${n}` });
  for (const count of [1, 2, 3, 4, 5]) {
    const request = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], count };
    const pages = await walk(async (cursor) => (await send('POST', '/.search', { ...request, cursor })).body);
    t.strictSame(pages.flatMap(names), ['u1', 'u2', 'u3', 'g1', 'g2'], `${count} a page`);
    t.equal(pages.length, Math.ceil(5 / count), 'no page is empty');
    t.ok(pages.every(({ totalResults }) => totalResults === 5));
  }
});
