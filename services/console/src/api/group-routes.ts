import { PushedGroupList } from '@claras/contracts/console-api';
import { groupKind, membersIndex } from '@claras/directory/kinds';
import { page } from '@claras/directory/look-up';
import { tenantScope } from '@claras/directory/scopes';
import type { Durable } from '@claras/directory/transact';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { OfTenant } from './params.ts';

/** Groups in one answer: enough to choose from by name. */
const mostShown = 500;

/** The groups that were pushed already, to be suggested under Role Mapping. */
export function groupRoutes(durable: Durable): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/tenants/:tenant/groups',
      { schema: { params: OfTenant, response: { 200: PushedGroupList } } },
      async ({ params: { tenant } }) => {
        const { reads } = await page(durable, groupKind, tenant, { offset: 0, limit: mostShown });
        const counts = await Promise.all(reads.map(({ id }) => durable.store.range(tenantScope(tenant), membersIndex(id), { limit: 0 })));
        return { items: reads.map(({ resource }, n) => ({ name: String(resource.displayName), members: counts[n]?.total ?? 0 })) };
      },
    );
  };
}
