import type { FastifyInstance } from 'fastify';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';

/**
 * What operators and orchestrators ask of every process: `/livez` (it runs; restart it when this fails), `/health` (200, or 503 while it
 * waits for something, with the report; what needs somebody is told and is no 503), `/metrics`.
 */
export function operationsRoutes({ metrics, health }: { metrics: Metrics; health: Health }) {
  const up = metrics.gauge('claras_dependency_up', 'Whether what the process depends on worked when last used', ['dep']);
  const needs = metrics.gauge('claras_needs_somebody', 'Whether something of it stands until somebody decides or mends', ['dep']);

  return async (app: FastifyInstance): Promise<void> => {
    app.get('/livez', async () => ({ ok: true }));
    app.get('/health', async (_, reply) => {
      const report = health.report();
      return reply.code(report.ok ? 200 : 503).send(report);
    });
    app.get('/metrics', async (_, reply) => {
      for (const [dep, { ok, needsSomebody }] of Object.entries(health.report().checks)) {
        up.set({ dep }, ok ? 1 : 0);
        needs.set({ dep }, needsSomebody ? 1 : 0);
      }
      return reply.type(metrics.contentType).send(await metrics.text());
    });
  };
}
