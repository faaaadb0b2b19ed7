import { resourceTypeByName, resourceTypesResponse, schemaById, schemas, serviceProviderConfig } from '@claras/scim/discovery';
import { forbidden, notFound } from '@claras/scim/scim-error';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { allowOnly } from './method-not-allowed.ts';
import { scimType } from './scim-errors.ts';
import type { Asked } from './scim-resources.ts';

/** What this service does, derived from the attribute table (RFC 7644, 4). */
export function discoveryRoutes(app: FastifyInstance, asked: (request: FastifyRequest) => Asked): void {
  type ById = FastifyRequest<{ Params: { id: string }; Querystring: Record<string, unknown> }>;
  function read(path: string, describe: (asked: Asked, id: string) => object | undefined): void {
    app.get(path, async (request: ById, reply) => {
      // "If a filter is provided, the service provider SHOULD respond with 403" (RFC 7644, 4): it would find what is not true.
      if (Object.keys(request.query).some((name) => name.toLowerCase() === 'filter'))
        throw forbidden('What this service can do is not filtered; ask again without the filter.');
      const body = describe(asked(request), request.params.id);
      if (body === undefined) throw notFound('There is no such schema or resource type; list them to see their ids.');
      return reply.header('content-type', scimType).send(JSON.stringify(body));
    });
    allowOnly(app, path, ['GET']);
  }
  read('/ServiceProviderConfig', ({ url }) => serviceProviderConfig(url));
  read('/ResourceTypes', ({ types, url }) => resourceTypesResponse(types, url));
  read('/ResourceTypes/:id', ({ types, url }, id) => resourceTypeByName(types, url, id));
  read('/Schemas', ({ types, url }) => schemas(types, url));
  read('/Schemas/:id', ({ types, url }, id) => schemaById(types, url, id));
}
