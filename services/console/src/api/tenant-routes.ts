import { NewTenant, Tenant, TenantList } from '@claras/contracts/console-api';
import type { Tenants } from '@claras/directory/tenants';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { ApiProblem } from './api-problem.ts';
import { OfTenant } from './params.ts';

export function tenantRoutes(tenants: Tenants): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/tenants', { schema: { response: { 200: TenantList } } }, async () => ({ items: await tenants.list() }));

    app.post('/tenants', { schema: { body: NewTenant, response: { 201: Tenant } } }, async (request, reply) =>
      reply.code(201).send(await tenants.create(request.body)),
    );

    app.get('/tenants/:tenant', { schema: { params: OfTenant, response: { 200: Tenant } } }, async (request) => {
      const tenant = await tenants.get(request.params.tenant);
      if (!tenant) throw new ApiProblem('not-found', 'There is no such tenant.');
      return tenant;
    });
  };
}
