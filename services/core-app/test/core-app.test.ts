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

async function overHttp(t: { teardown(handler: () => unknown): void }) {
  const app = Fastify();
  await app.register(coreAppRoutes({ core: inProcess(), token, log }), { prefix: coreAppPath });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => app.close());
  return url;
}

t.test('in process', (t) => coreAppContract(t, async () => inProcess()));
t.test('over HTTP', (t) => coreAppContract(t, async () => httpCoreApp({ url: await overHttp(t), token })));

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
