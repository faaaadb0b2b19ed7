import { TopicsReport, TopicsWanted } from '@claras/contracts/console-api';
import { topics } from '@claras/contracts/topics';
import type { Bus } from '@claras/ports/bus/bus';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';

/** How the topics are set up, for the operator: they are created at the start of any process, and here; and set right here. */
export function topicRoutes(bus: Bus, cells: number): FastifyPluginAsyncTypebox {
  const names = Object.values(topics).map(({ name }) => name);
  return async (app) => {
    app.post('/topics', { schema: { body: TopicsWanted, response: { 200: TopicsReport } } }, async ({ body: { dryRun = false } }) => {
      if (!dryRun) await bus.prepare(names.map((name) => ({ name, partitions: cells })));
      return { topics: names, changes: await bus.settings(names, !dryRun) };
    });
  };
}
