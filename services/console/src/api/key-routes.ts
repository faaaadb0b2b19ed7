import { ApiKey, ApiKeyList, CreatedApiKey, KeyRotation, NewApiKey } from '@claras/contracts/console-api';
import type { Keys, ApiKey as ListedKey } from '@claras/directory/keys';
import type { Runtime } from '@claras/ports/runtime';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { ApiProblem } from './api-problem.ts';
import { OfKey, OfTenant } from './params.ts';

const shown = (key: ListedKey): ApiKey => ({ ...key, scopes: [...key.scopes] });

/** Settings > API. The answer to POST is the only one in which a key's value ever stands (M13). */
export function keyRoutes(keys: Keys, runtime: Runtime): FastifyPluginAsyncTypebox {
  function expiry(given: string | undefined): { expires?: string } {
    if (given === undefined) return {};
    const time = Date.parse(given);
    if (!(time > runtime.now())) throw new ApiProblem('invalid', 'The key would have expired already. Choose a later time.');
    return { expires: new Date(time).toISOString() };
  }

  return async (app) => {
    app.get('/tenants/:tenant/keys', { schema: { params: OfTenant, response: { 200: ApiKeyList } } }, async ({ params }) => ({
      items: (await keys.list(params.tenant)).map(shown),
    }));

    app.post(
      '/tenants/:tenant/keys',
      { schema: { params: OfTenant, body: NewApiKey, response: { 201: CreatedApiKey } }, config: { verified: true } },
      async ({ params, actor, body: { name, scopes, expires } }, reply) => {
        const { key, value } = await keys.create({ tenant: params.tenant, name, scopes, by: actor, ...expiry(expires) });
        return reply.code(201).send({ ...shown(key), value });
      },
    );

    app.post(
      '/tenants/:tenant/keys/:key/rotate',
      { schema: { params: OfKey, body: KeyRotation, response: { 201: CreatedApiKey } }, config: { verified: true } },
      async ({ params, actor, body: { overlap, expires } }, reply) => {
        const { key, value } = await keys.rotate(params.tenant, params.key, { overlap: overlap * 1000, by: actor, ...expiry(expires) });
        return reply.code(201).send({ ...shown(key), value });
      },
    );

    app.delete('/tenants/:tenant/keys/:key', { schema: { params: OfKey, response: { 200: ApiKey } } }, async ({ params, actor }) =>
      shown(await keys.revoke(params.tenant, params.key, actor)),
    );
  };
}
