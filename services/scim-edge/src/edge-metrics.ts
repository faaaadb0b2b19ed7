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
    errors: metrics.counter('claras_scim_errors_total', 'Requests, and operations of a bulk, that were refused, by scimType', [
      'scim_type',
    ]),
    limited: metrics.counter('claras_scim_rate_limited_total', 'Requests refused since too many came at once, by whose they were', [
      'reason',
    ]),
    tokens: metrics.counter('claras_access_tokens_total', 'Requests for an access token by how they ended', ['result']),
    refusedWrites: metrics.counter('claras_scim_refused_writes_total', 'Refused writes by whether the provisioning log is told', [
      'result',
    ]),
  };
}
export type EdgeMetrics = ReturnType<typeof edgeMetrics>;

declare module 'fastify' {
  interface FastifyRequest {
    /** When it came, on the clock of `performance.now()`. */
    began: number;
  }
}

/** `/api/scim/v2/Users/:id` → Users. Routes only: never what a caller typed. */
const resourceOf = (url = ''): string => /\/(Users|Groups|Bulk|Schemas|ResourceTypes|ServiceProviderConfig)/.exec(url)?.[1] ?? 'other';

export function measureRequests(app: FastifyInstance, { requests, duration, refused }: EdgeMetrics): void {
  /** Looking labels up costs more than counting. */
  const meters = new Map<string, ReturnType<typeof meterOf>>();
  function meterOf(op: string, url: string | undefined, status: number) {
    const resource = resourceOf(url);
    return {
      requests: requests.labels({ op, resource, class: `${Math.floor(status / 100)}xx` }),
      duration: duration.labels({ op, resource }),
    };
  }
  function meterFor({ method, routeOptions: { url } }: FastifyRequest, status: number) {
    const name = `${method} ${status} ${url}`;
    const known = meters.get(name);
    if (known) return known;
    const made = meterOf(method, url, status);
    meters.set(name, made);
    return made;
  }

  app.decorateRequest('began', 0);
  app.addHook('onRequest', (request, _reply, done) => {
    request.began = performance.now();
    done();
  });
  // Not onResponse: to be told that an answer has left costs a listener on each.
  app.addHook('onSend', (request, reply, _payload, done) => {
    const meter = meterFor(request, reply.statusCode);
    meter.requests.inc();
    meter.duration.observe((performance.now() - request.began) / 1000);
    if (reply.statusCode === 401 || reply.statusCode === 403) refused.inc({ status: String(reply.statusCode) });
    done();
  });
}
