import { createHash, timingSafeEqual } from 'node:crypto';
import type { Log } from '@claras/ports/log';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isRetryable } from './retryable.ts';

/** Status and code of an error that a caller should see as it is; undefined for any other. */
export type Known = (error: unknown) => { status: number; code: string } | undefined;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** What one process of ours serves to another: a bearer token on every route, errors as problem+json (RFC 9457) with a `code`. */
export function internalApi(
  app: FastifyInstance,
  { token, log, known = () => undefined }: { token: string; log: Log; known?: Known },
): void {
  const wanted = digest(`Bearer ${token}`);

  const send = (reply: FastifyReply, status: number, title: string, detail: string, code?: string) =>
    reply
      .code(status)
      .header('content-type', 'application/problem+json')
      .send(JSON.stringify({ title, status, detail, ...(code ? { code } : {}) }));

  app.addHook('onRequest', async (request, reply) => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), wanted)) return;
    reply.header('www-authenticate', 'Bearer');
    return send(reply, 401, 'Not signed in', 'Send this service’s token: Authorization: Bearer <token>.');
  });
  app.setErrorHandler((error: FastifyError, request: FastifyRequest, reply) => {
    const refusal = known(error);
    if (refusal) return send(reply, refusal.status, 'Refused', error.message, refusal.code);
    if (error.validation) return send(reply, 400, 'The request does not fit', error.message.slice(0, 500), 'invalid');
    if (error.statusCode !== undefined && error.statusCode < 500)
      return send(reply, error.statusCode, 'Malformed', 'Correct the request and send it again.');
    if (isRetryable(error)) {
      reply.header('retry-after', '1');
      return send(reply, 503, 'Not available for the moment', 'Nothing was lost; send the request again.');
    }
    log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'request failed');
    return send(reply, 500, 'Something went wrong here', 'Send the request again; if it goes on, look into the log.');
  });
}
