import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

const path = '/reference';

/**
 * The REST API, described by its own routes (OpenAPI 3.1): to read at /api/v1/reference, for programs at /api/v1/reference/json. Open to
 * anyone: it says how to ask, and nothing of any tenant. To be called before the routes are made.
 */
export async function apiReference(app: FastifyInstance): Promise<void> {
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith(`${app.prefix}${path}`)) route.config = { ...route.config, open: true };
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Claras SCIM gateway',
        version: '1',
        description:
          'What the console and claras-scim use. Send an API key with the scope rest.full, which opens its own tenant, or the operator’s token. Errors are problem+json (RFC 9457).',
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    },
    stripBasePath: false,
  });
  await app.register(swaggerUi, { routePrefix: path, staticCSP: true, uiConfig: { deepLinking: false, tryItOutEnabled: false } });
}
