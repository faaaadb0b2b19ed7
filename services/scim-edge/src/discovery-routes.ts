import { resourceTypeByName, resourceTypesResponse, schemaById, schemas, serviceProviderConfig } from '@claras/scim/discovery';
import { forbidden, notFound } from '@claras/scim/scim-error';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { allowOnly } from './method-not-allowed.ts';
import type { TenantUrl } from './render.ts';
import { scimType } from './scim-errors.ts';

/** What this service does, derived from the attribute table (RFC 7644, 4). */
export function discoveryRoutes(app: FastifyInstance, urlOf: (request: FastifyRequest) => TenantUrl): void {
  type ById = FastifyRequest<{ Params: { id: string }; Querystring: Record<string, unknown> }>;
  function read(path: string, describe: (url: TenantUrl, id: string) => object | undefined): void {
    app.get(path, async (request: ById, reply) => {
      // "If a filter is provided, the service provider SHOULD respond with 403" (RFC 7644, 4): it would find what is not true.
      if (Object.keys(request.query).some((name) => name.toLowerCase() === 'filter'))
        throw forbidden('What this service can do is not filtered; ask again without the filter.');
      const body = describe(urlOf(request), request.params.id);
      if (body === undefined) throw notFound('There is no such schema or resource type; list them to see their ids.');
      return reply.header('content-type', scimType).send(JSON.stringify(body));
    });
    allowOnly(app, path, ['GET']);
  }
  read('/ServiceProviderConfig', serviceProviderConfig);
  read('/ResourceTypes', resourceTypesResponse);
  read('/ResourceTypes/:id', (url, id) => resourceTypeByName(id, url));
  read('/Schemas', schemas);
  read('/Schemas/:id', (url, id) => schemaById(id, url));
}
