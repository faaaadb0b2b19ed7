import { resourceTypeByName, resourceTypesResponse, schemaById, schemas, serviceProviderConfig } from '@claras/scim/discovery';
import { notFound, notImplemented } from '@claras/scim/scim-error';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { allowOnly } from './method-not-allowed.ts';
import type { TenantUrl } from './render.ts';
import { scimType } from './scim-errors.ts';

/** What this service does, derived from the attribute table (RFC 7644, 4). */
export function discoveryRoutes(app: FastifyInstance, urlOf: (request: FastifyRequest) => TenantUrl): void {
  const send = (reply: FastifyReply, body: unknown) => {
    if (body === undefined) throw notFound('There is no such schema or resource type; list them to see their ids.');
    return reply.header('content-type', scimType).send(JSON.stringify(body));
  };
  type ById = FastifyRequest<{ Params: { id: string } }>;
  app.get('/ServiceProviderConfig', async (request, reply) => send(reply, serviceProviderConfig(urlOf(request))));
  app.get('/ResourceTypes', async (request, reply) => send(reply, resourceTypesResponse(urlOf(request))));
  app.get('/ResourceTypes/:id', async (request: ById, reply) => send(reply, resourceTypeByName(request.params.id, urlOf(request))));
  app.get('/Schemas', async (request, reply) => send(reply, schemas(urlOf(request))));
  app.get('/Schemas/:id', async (request: ById, reply) => send(reply, schemaById(request.params.id, urlOf(request))));
  for (const path of ['/ServiceProviderConfig', '/ResourceTypes', '/ResourceTypes/:id', '/Schemas', '/Schemas/:id'])
    allowOnly(app, path, ['GET']);
  // An API key is nobody's own account (RFC 7644, 3.11).
  app.all('/Me', async () => {
    throw notImplemented('An API key belongs to a tenant, not to a person, so there is no /Me here. Ask for /Users.');
  });
}
