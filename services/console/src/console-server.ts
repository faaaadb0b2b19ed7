import Fastify, { type FastifyInstance } from 'fastify';
import { type ConsoleParts, consoleApi } from './api/console-api.ts';
import { webPages } from './web-pages.ts';

/** Where the REST API stands on every server that carries it. */
export const apiPath = '/api/v1';

export function consoleServer(parts: ConsoleParts): FastifyInstance {
  const app = Fastify({
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 256 },
    bodyLimit: 1024 * 1024,
    requestTimeout: 30_000,
  });
  app.register(consoleApi(parts), { prefix: apiPath });
  app.register(webPages);
  return app;
}
