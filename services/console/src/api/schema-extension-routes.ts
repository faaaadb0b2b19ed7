import { SchemaExtension, SchemaExtensionList } from '@claras/contracts/console-api';
import type { SchemaExtensions } from '@claras/directory/schema-extensions';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { OfSchema, OfTenant } from './params.ts';

/** Schemas with which a tenant extends users and groups (RFC 7643, 3.3). */
export function schemaExtensionRoutes(extensions: SchemaExtensions): FastifyPluginAsyncTypebox {
  return async (app) => {
    const path = '/tenants/:tenant/schema-extensions';
    app.get(path, { schema: { params: OfTenant, response: { 200: SchemaExtensionList } } }, async ({ params: { tenant } }) => ({
      items: (await extensions.list(tenant)) as SchemaExtension[],
    }));

    app.put(
      path,
      { schema: { params: OfTenant, body: SchemaExtension, response: { 200: SchemaExtension } } },
      async ({ params, actor, body }) => {
        await extensions.put(params.tenant, body, actor);
        return body;
      },
    );

    app.delete(
      `${path}/:schema`,
      { schema: { params: OfSchema, response: { 200: SchemaExtension } } },
      async ({ params: { tenant, schema }, actor }) => (await extensions.remove(tenant, schema, actor)) as SchemaExtension,
    );
  };
}
