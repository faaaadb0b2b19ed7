import { longestBody } from '@claras/scim/json-limits';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { admission } from './admission.ts';
import { limitedFor } from './admit-requests.ts';
import { endConnections } from './end-connections.ts';
import { type EdgeParts, scimEdge } from './scim-edge.ts';
import { asScimError, sendScimError } from './scim-errors.ts';
import { tokenEndpoint, tokenPath } from './token-endpoint.ts';

/** Where Entra finds the edge: the Tenant URL ends in this. */
export const edgePath = '/api/scim/v2';

/** How every server that carries the edge must be made: slashes, cases of paths and ids as identity providers send them. */
export const edgeServerOptions = {
  routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 256 },
  bodyLimit: longestBody,
  requestTimeout: 30_000,
  logger: false,
  // A path that the router can't read comes to no route, nor to its error handler.
  frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => sendScimError(reply, asScimError(error)),
} as const;

/** The edge, and beside it, where its clients get their access tokens: below the Tenant URL, so that a proxy lets one path through. */
export const edgeRoutes =
  (parts: EdgeParts) =>
  async (app: FastifyInstance): Promise<void> => {
    const enter = admission({
      runtime: parts.runtime,
      refused(lane, isNews) {
        parts.metrics?.limited.inc({ reason: limitedFor(lane) });
        if (isNews) parts.log.warn({ lane }, 'more requests come at once than are answered in time; some are refused');
      },
    });
    endConnections(app);
    await app.register(scimEdge({ ...parts, enter }), { prefix: edgePath });
    await app.register(tokenEndpoint({ ...parts, enter }), { prefix: `${edgePath}${tokenPath}` });
  };

export function edgeServer(parts: EdgeParts): FastifyInstance {
  const app = Fastify(edgeServerOptions);
  app.register(edgeRoutes(parts));
  return app;
}
