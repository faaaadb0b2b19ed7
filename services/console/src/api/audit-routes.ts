import { AuditPage } from '@claras/contracts/console-api';
import type { Audit } from '@claras/directory/audit';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { OfTenant } from './params.ts';

const defaultLimit = 100;
const Query = Type.Object({
  /** Only entries before this number. */
  before: Type.Optional(Type.Integer({ minimum: 1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
});

/** Who did what to keys, providers, mappings, roles and held seats, newest first. */
export function auditRoutes(audit: Audit): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/tenants/:tenant/audit-log',
      { schema: { params: OfTenant, querystring: Query, response: { 200: AuditPage } } },
      async ({ params: { tenant }, query }) => ({ items: await audit.list(tenant, { limit: defaultLimit, ...query }) }),
    );
  };
}
