import { coreAppContract } from '@claras/ports/core-app/core-app.contract';
import { httpCoreApp } from '@claras/ports/core-app/http-core-app';
import { memoryStore } from '@claras/ports/store/memory-store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import Fastify from 'fastify';
import t from 'tap';
import { coreApp } from '../src/core-app.ts';
import { coreAppPath, coreAppRoutes } from '../src/routes.ts';

const inProcess = () => coreApp({ store: memoryStore({ cells: 4, topicOf: { core: 'team' }, runtime }), runtime });
const token = 'token of the core app in a test';
const log = { info() {}, warn() {}, error() {} };

async function overHttp(t: { teardown(handler: () => unknown): void }, core = inProcess()) {
  const app = Fastify();
  await app.register(coreAppRoutes({ core, token, log }), { prefix: coreAppPath });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => app.close());
  return url;
}

t.test('in process', (t) => coreAppContract(t, async () => inProcess()));
t.test('over HTTP', (t) => coreAppContract(t, async () => httpCoreApp({ url: await overHttp(t), token })));

t.test('M29 what the team tells has the trace of the request that caused it, and what waits for its profile keeps none', async (t) => {
  const store = memoryStore({ cells: 1, topicOf: { core: 'team' }, runtime });
  const core = httpCoreApp({ url: await overHttp(t, coreApp({ store, runtime })), token });
  const trace = (n: number) => `00-${String(n).repeat(32)}-${String(n).repeat(16)}-01`;
  await core.apply('a', [{ facet: 'role', user: 'ann', sequence: 1, role: 'manager', traceparent: trace(1) }]);
  await core.apply('a', [
    {
      ...{ facet: 'identity', user: 'ann', userName: 'ann@a.example', displayName: 'Ann', active: true, linkDomains: [] },
      ...{ sequence: 2, traceparent: trace(2) },
    },
    { facet: 'access', user: 'ann', sequence: 3, access: 'archived', traceparent: trace(3) },
    { facet: 'access', user: 'ann', sequence: 4, access: 'active' },
  ]);
  const told = (await store.outbox('core')!.read(0, 10)).map(({ record }) => record);
  t.strictSame(
    told.map(({ headers }) => [headers.ce_type?.split('.').at(-1), headers.ce_traceparent]),
    [
      ['created', trace(2)],
      ['archived', trace(3)],
      ['restored', undefined],
    ],
  );
  for (const { value } of told) t.notMatch(value, 'traceparent');
});

t.test('a session ends after 30 minutes in which nobody asked for it, and after 12 hours; what has ended is swept out', async (t) => {
  const minute = 60_000;
  let ahead = 0;
  const clock = { ...runtime, now: () => runtime.now() + ahead };
  const store = memoryStore({ cells: 1, topicOf: { core: 'team' }, runtime: clock });
  const core = coreApp({ store, runtime: clock });
  await core.create('a', { email: 'ann@a.example', displayName: 'Ann', role: 'owner' });
  const enter = async () => (await core.signIn('a', 'ann@a.example')) as string;

  const idle = await enter();
  ahead += 29 * minute;
  t.ok(await core.session('a', idle));
  ahead += 29 * minute;
  t.ok(await core.session('a', idle), 'it was asked for');
  ahead += 30 * minute;
  t.equal(await core.session('a', idle), undefined);

  const busy = await enter();
  for (const end = ahead + 12 * 60 * minute; ahead < end; ahead += 20 * minute) t.ok(await core.session('a', busy));
  t.equal(await core.session('a', busy), undefined);

  const left = await enter();
  await core.signOut('a', left);
  t.equal(await core.session('a', left), undefined);
  await enter();
  const { members } = await store.range('core/a', 'endings', { limit: 10 });
  t.equal(members.length, 2, 'of four the last two');
});

t.test('nobody without the token is served', async (t) => {
  const url = await overHttp(t);
  for (const authorization of ['', 'Bearer', 'Bearer wrong', `Basic ${token}`]) {
    const answer = await fetch(`${url}${coreAppPath}/tenants/a/seats`, { headers: { authorization } });
    t.equal(answer.status, 401);
    t.match(answer.headers.get('content-type'), 'application/problem+json');
  }
});

t.test('a core app that is not there is unavailable, not wrong', async (t) => {
  await t.rejects(httpCoreApp({ url: 'http://127.0.0.1:9', token }).seats('a'), { name: 'CoreAppUnavailable' } as Error);
});
