import Fastify, { type FastifyInstance } from 'fastify';
import { unreadable } from './api/api-errors.ts';
import { type ConsoleParts, consoleApi } from './api/console-api.ts';
import { webPages } from './web-pages.ts';

/** Where the REST API stands on every server that carries it. */
export const apiPath = '/api/v1';

export function consoleServer(parts: ConsoleParts): FastifyInstance {
  const app = Fastify({
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 256 },
    bodyLimit: 1024 * 1024,
    requestTimeout: 30_000,
    frameworkErrors: unreadable,
  });
  app.register(consoleApi(parts), { prefix: apiPath });
  app.register(webPages);
  return app;
}
