import { fastify } from 'fastify';
import type { Config } from './config.ts';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';
import { operationsRoutes } from './operations-routes.ts';

/** The HTTP server of a process that serves nothing else. */
export async function operationsServer(
  { host, port }: Pick<Config, 'host' | 'port'>,
  parts: { metrics: Metrics; health: Health },
): Promise<{ close(): Promise<void> }> {
  const app = fastify();
  await app.register(operationsRoutes(parts));
  await app.listen({ host, port });
  return app;
}
