import { methodNotAllowed } from '@claras/scim/scim-error';
import type { FastifyInstance } from 'fastify';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const;

/** Every other method on a path that exists is 405 with Allow (RFC 9110, 15.5.6), not 404. */
export function allowOnly(app: FastifyInstance, url: string, allowed: readonly (typeof methods)[number][]): void {
  app.route({
    method: methods.filter((method) => !allowed.includes(method)),
    url,
    handler: async (_, reply) => {
      reply.header('allow', allowed.join(', '));
      throw methodNotAllowed(`Only ${allowed.join(', ')} may be sent here.`);
    },
  });
}
