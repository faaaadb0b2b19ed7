import { longestBody } from '@claras/scim/json-limits';
import Fastify, { type FastifyInstance } from 'fastify';
import { type EdgeParts, scimEdge } from './scim-edge.ts';

/** Where Entra finds the edge: the Tenant URL ends in this. */
export const edgePath = '/api/scim/v2';

/** How every server that carries the edge must be made: slashes, cases of paths and ids as identity providers send them. */
export const edgeServerOptions = {
  routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 256 },
  bodyLimit: longestBody,
  requestTimeout: 30_000,
  logger: false,
} as const;

export function edgeServer(parts: EdgeParts): FastifyInstance {
  const app = Fastify(edgeServerOptions);
  app.register(scimEdge(parts), { prefix: edgePath });
  return app;
}
