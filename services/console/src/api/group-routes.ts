import { PushedGroupList } from '@claras/contracts/console-api';
import { groupKind, membersIndex } from '@claras/directory/kinds';
import { page } from '@claras/directory/look-up';
import type { Providers } from '@claras/directory/providers';
import { tenantScope } from '@claras/directory/scopes';
import type { Durable } from '@claras/directory/transact';
import { roleOfGroup } from '@claras/domain/role-mapping';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { OfTenant } from './params.ts';

/** Groups in one answer: enough to choose from by name. */
const mostShown = 500;

/** The groups that were pushed already, for the Team page and to be suggested under Role Mapping. */
export function groupRoutes(durable: Durable, providers: Providers): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/tenants/:tenant/groups',
      { schema: { params: OfTenant, response: { 200: PushedGroupList } } },
      async ({ params: { tenant } }) => {
        const [{ reads }, provider] = await Promise.all([
          page(durable, groupKind, tenant, { offset: 0, limit: mostShown }),
          providers.withScim(tenant),
        ]);
        const counts = await Promise.all(reads.map(({ id }) => durable.store.range(tenantScope(tenant), membersIndex(id), { limit: 0 })));
        const items = reads.map(({ resource }, n) => {
          const name = String(resource.displayName);
          const role = roleOfGroup(provider?.mapping ?? {}, name);
          return { name, members: counts[n]?.total ?? 0, ...(role ? { role } : {}) };
        });
        return { items };
      },
    );
  };
}
