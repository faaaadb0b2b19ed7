import { Problem } from '@claras/contracts/console-api';
import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { operations } from './operations.ts';

const path = '/reference';

const problem = {
  description: 'What is wrong, and what to do about it (RFC 9457)',
  content: { 'application/problem+json': { schema: Problem } },
};

/** `keys` for /tenants/:tenant/keys/:key/rotate, `lag` for /lag. */
const tagOf = (url: string): string => /^(?:\/tenants\/:tenant)?\/([\w-]+)/.exec(url)?.[1] ?? '';

const tags = [...new Set(Object.keys(operations).map((operation) => tagOf(operation.split(' ')[1] as string)))].map((name) => ({ name }));

const describe =
  (prefix: string): NonNullable<FastifyDynamicSwaggerOptions['transform']> =>
  ({ schema, url, route }) => {
    const own = url.slice(prefix.length);
    const summary = operations[`${route.method} ${own}`];
    const response = { ...(schema?.response as object | undefined), default: problem };
    return { schema: { ...schema, tags: [tagOf(own)], ...(summary ? { summary } : {}), response }, url };
  };

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
      tags,
    },
    stripBasePath: false,
    transform: describe(app.prefix),
  });
  await app.register(swaggerUi, {
    routePrefix: path,
    indexPrefix: app.prefix,
    staticCSP: true,
    uiConfig: { deepLinking: false, tryItOutEnabled: false, layout: 'BaseLayout', supportedSubmitMethods: [] },
  });
}
