import type { Metrics } from '@claras/service-kit/metrics';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** What an operator watches of the edge (names: docs/metrics.md). */
export function edgeMetrics(metrics: Metrics) {
  return {
    requests: metrics.counter('claras_scim_requests_total', 'SCIM requests by operation, resource and class of status', [
      'op',
      'resource',
      'class',
    ]),
    duration: metrics.histogram('claras_scim_request_duration_seconds', 'Time from request to answer', ['op', 'resource']),
    refused: metrics.counter('claras_auth_failures_total', 'SCIM requests refused with 401 or 403', ['status']),
  };
}
export type EdgeMetrics = ReturnType<typeof edgeMetrics>;

/** `/api/scim/v2/Users/:id` → Users. Routes only: never what a caller typed. */
const resourceOf = (request: FastifyRequest): string =>
  /\/(Users|Groups|Bulk|Schemas|ResourceTypes|ServiceProviderConfig)/.exec(request.routeOptions.url ?? '')?.[1] ?? 'other';

export function measureRequests(app: FastifyInstance, { requests, duration, refused }: EdgeMetrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const resource = resourceOf(request);
    requests.inc({ op: request.method, resource, class: `${Math.floor(reply.statusCode / 100)}xx` });
    duration.observe({ op: request.method, resource }, reply.elapsedTime / 1000);
    if (reply.statusCode === 401 || reply.statusCode === 403) refused.inc({ status: String(reply.statusCode) });
  });
}
