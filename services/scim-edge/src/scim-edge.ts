import { groups } from '@claras/directory/groups';
import type { Keys } from '@claras/directory/keys';
import { providers } from '@claras/directory/providers';
import { schemaExtensions } from '@claras/directory/schema-extensions';
import type { Durable } from '@claras/directory/transact';
import { users } from '@claras/directory/users';
import { notImplemented } from '@claras/scim/scim-error';
import type { Log } from '@claras/service-kit/log';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { authenticate } from './authenticate.ts';
import { scimBodies } from './body.ts';
import { bulkRoute } from './bulk-route.ts';
import { discoveryRoutes } from './discovery-routes.ts';
import { type EdgeMetrics, measureRequests } from './edge-metrics.ts';
import { groupResources } from './group-resources.ts';
import type { TenantUrl } from './render.ts';
import { type Circumstances, resourceRoutes, searchRoute } from './resource-routes.ts';
import { scimErrors } from './scim-errors.ts';
import type { Admitted } from './scim-resources.ts';
import { assertSingleHeaders } from './single-headers.ts';
import { userResources } from './user-resources.ts';

declare module 'fastify' {
  interface FastifyRequest {
    admitted: Admitted;
  }
}

export interface EdgeParts extends Durable {
  keys: Keys;
  log: Log;
  metrics?: EdgeMetrics;
}

/** Entra's door: a Fastify plugin to be registered under /api/scim/v2. */
export function scimEdge({ keys, log, metrics, ...durable }: EdgeParts) {
  return async (app: FastifyInstance): Promise<void> => {
    const settings = { providers: providers(durable), schemaExtensions: schemaExtensions(durable) };
    const admit = authenticate({ keys, ...settings, runtime: durable.runtime });
    const urlOf = (request: FastifyRequest): TenantUrl => `${request.protocol}://${request.host}${app.prefix}`;

    const failed = (request: FastifyRequest, err: unknown) =>
      log.error({ err, method: request.method, route: request.routeOptions.url }, 'request failed');

    scimBodies(app);
    scimErrors(app, failed);
    if (metrics) measureRequests(app, metrics);
    app.decorateRequest('admitted');
    app.addHook('onRequest', (request, _reply, done) => {
      assertSingleHeaders(request);
      const enter = (admitted: Admitted): void => {
        request.admitted = admitted;
        done();
      };
      const admitted = admit(request.headers.authorization);
      if (admitted instanceof Promise) admitted.then(enter, done);
      else enter(admitted);
    });

    const circumstances: Circumstances = {
      durable,
      asked: (request) => ({ ...request.admitted, url: urlOf(request) }),
      passedOver: (request, ignored) =>
        log.info({ tenant: request.admitted.tenant, method: request.method, ignored }, 'passed over what no schema knows'),
      failed,
    };
    const all = [userResources(users(durable)), groupResources(groups(durable))];
    for (const resources of all) resourceRoutes(app, resources, circumstances);
    searchRoute(app, all, circumstances);
    bulkRoute(app, all, circumstances);
    discoveryRoutes(app, circumstances.asked);
    // An API key is nobody's own account (RFC 7644, 3.11).
    app.all('/Me', async () => {
      throw notImplemented('An API key belongs to a tenant, not to a person, so there is no /Me here. Ask for /Users.');
    });
  };
}
