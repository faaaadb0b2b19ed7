import { Erased, LogPage, RecheckReport } from '@claras/contracts/console-api';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { EraseFromLog } from '../provisioning-log/erase.ts';
import type { ReadLog } from '../provisioning-log/read-log.ts';
import { OfTenant } from './params.ts';

const defaultLimit = 50;
const User = Type.String({ minLength: 1, maxLength: 320, description: 'SCIM id or userName' });
const Person = Type.Object({ user: User }, { additionalProperties: false });
const Query = Type.Object({
  user: Type.Optional(User),
  type: Type.Optional(Type.String({ maxLength: 64, description: 'the beginning of a type: user, group.members' })),
  refused: Type.Optional(Type.Boolean({ description: 'only what was refused' })),
  before: Type.Optional(
    Type.String({ pattern: '^\\d{1,16}(r\\d{1,16})?$', description: 'next of the page before, or the id of an entry' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
});

/** The provisioning log (M29): each request that changed something, its event, and what every consumer did; each write that was refused. */
export function logRoutes(log: ReadLog, erase: EraseFromLog): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/tenants/:tenant/provisioning-log',
      { schema: { params: OfTenant, querystring: Query, response: { 200: LogPage } } },
      async ({ params: { tenant }, query }) => log.page(tenant, { limit: defaultLimit, ...query }),
    );
    // The same, for whoever must not have a name in a URL.
    app.post(
      '/tenants/:tenant/provisioning-log/.search',
      { schema: { params: OfTenant, body: Query, response: { 200: LogPage } }, config: { reads: true } },
      async ({ params: { tenant }, body }) => log.page(tenant, { limit: defaultLimit, ...body }),
    );
    app.post(
      '/tenants/:tenant/provisioning-log/.erase',
      { schema: { params: OfTenant, body: Person, response: { 200: Erased } }, config: { verified: true } },
      async ({ params: { tenant }, body, actor }) => ({ user: await erase(tenant, body.user, actor) }),
    );
    app.get('/tenants/:tenant/recheck', { schema: { params: OfTenant, response: { 200: RecheckReport } } }, async ({ params }) => ({
      recheck: await log.progress(params.tenant),
    }));
  };
}
