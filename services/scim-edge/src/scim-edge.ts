import { groups } from '@claras/directory/groups';
import type { Keys } from '@claras/directory/keys';
import { providers } from '@claras/directory/providers';
import { schemaExtensions } from '@claras/directory/schema-extensions';
import type { Durable } from '@claras/directory/transact';
import { users } from '@claras/directory/users';
import { notImplemented, type ScimError } from '@claras/scim/scim-error';
import type { Log } from '@claras/service-kit/log';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Enter } from './admission.ts';
import { admitRequests } from './admit-requests.ts';
import { authenticate } from './authenticate.ts';
import { scimBodies } from './body.ts';
import { bulkRoute } from './bulk-route.ts';
import { discoveryRoutes } from './discovery-routes.ts';
import { type EdgeMetrics, measureRequests } from './edge-metrics.ts';
import type { EntraKeys } from './entra-assertion.ts';
import { groupResources } from './group-resources.ts';
import { ignoredParts } from './ignored-parts.ts';
import { refusedWrites } from './refused-writes.ts';
import type { TenantUrl } from './render.ts';
import { type Circumstances, resourceRoutes, searchRoutes } from './resource-routes.ts';
import { scimErrors } from './scim-errors.ts';
import { originOf } from './trace.ts';
import { userResources } from './user-resources.ts';

export interface EdgeParts extends Durable {
  keys: Keys;
  /** Where Entra finds this edge; as it was asked where it is not said. */
  tenantUrl?: string | undefined;
  log: Log;
  metrics?: EdgeMetrics;
  /** Where they are not Entra's own, in tests. */
  entraKeys?: EntraKeys;
}

const isWrite = ({ method, url }: FastifyRequest): boolean => method !== 'GET' && method !== 'HEAD' && !/\/\.search\/*(\?|$)/i.test(url);

/** Entra's door: a Fastify plugin to be registered under /api/scim/v2. */
export function scimEdge({ keys, tenantUrl, log, metrics, enter, ...durable }: EdgeParts & { enter: Enter }) {
  const told = tenantUrl?.replace(/\/+$/, '');
  return async (app: FastifyInstance): Promise<void> => {
    const settings = { providers: providers(durable), schemaExtensions: schemaExtensions(durable) };
    const urlOf = (request: FastifyRequest): TenantUrl => told ?? `${request.protocol}://${request.host}${app.prefix}`;

    const failed = (request: FastifyRequest, err: unknown) =>
      log.error({ err, method: request.method, route: request.routeOptions.url }, 'request failed');

    const refusals = refusedWrites(durable, metrics);
    app.addHook('onClose', refusals.close);
    const ignoring = ignoredParts(durable);
    app.addHook('onClose', ignoring.close);
    function refused(request: FastifyRequest, answer: ScimError, operation?: string): void {
      metrics?.errors.inc({ scim_type: answer.scimType ?? 'none' });
      const caller = request.admitted ?? request.caller;
      if (!caller || !(operation || isWrite(request))) return;
      const origin = originOf(request, durable.runtime, app.prefix);
      refusals.tell({ tenant: caller.tenant, key: caller.key, answer, origin: operation ? { ...origin, request: operation } : origin });
    }

    scimErrors(app, { failed, refused });
    if (metrics) measureRequests(app, metrics);
    const letIn = admitRequests(app, { ...authenticate({ keys, ...settings, runtime: durable.runtime }), enter });
    scimBodies(app, letIn);

    const circumstances: Circumstances = {
      durable,
      asked: (request) => ({ ...request.admitted, url: urlOf(request) }),
      passedOver(request, from) {
        const { tenant, key } = request.admitted;
        log.info({ tenant, method: request.method, ignored: from.ignored }, 'passed over what no schema knows');
        ignoring.tell({ tenant, key, ...from });
      },
      failed,
      refused,
    };
    const all = [userResources(users(durable)), groupResources(groups(durable))];
    for (const resources of all) resourceRoutes(app, resources, circumstances);
    searchRoutes(app, all, circumstances);
    bulkRoute(app, all, circumstances);
    discoveryRoutes(app, circumstances.asked);
    // An API key is nobody's own account (RFC 7644, 3.11).
    app.all('/Me', async () => {
      throw notImplemented('An API key belongs to a tenant, not to a person, so there is no /Me here. Ask for /Users.');
    });
  };
}
