import type { Log } from '@claras/service-kit/log';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem, asApiProblem } from './api-problem.ts';

/** Seconds after which a caller may try again when a part of Claras does not answer. */
const retryAfter = '5';

/** As problem+json (RFC 9457). */
function sendProblem(reply: FastifyReply, problem: ApiProblem): FastifyReply {
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="claras"');
  if (problem.status === 503) reply.header('retry-after', retryAfter);
  return reply.code(problem.status).header('content-type', 'application/problem+json').send(JSON.stringify(problem.toBody()));
}

/** A path that the router can't read comes to no route, nor to its error handler. */
export const unreadable = (error: unknown, _request: unknown, reply: FastifyReply): FastifyReply => sendProblem(reply, asApiProblem(error));

/** What is our fault is logged, with the route and without the path: it may hold a name. */
export function apiErrors(app: FastifyInstance, log: Log): void {
  const send = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const problem = asApiProblem(error);
    if (problem.status >= 500) log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'request failed');
    return sendProblem(reply, problem);
  };
  app.setErrorHandler(send);
  app.setNotFoundHandler((request, reply) =>
    send(new ApiProblem('not-found', 'There is no such endpoint. The REST API begins with /api/v1/tenants.'), request, reply),
  );
}
