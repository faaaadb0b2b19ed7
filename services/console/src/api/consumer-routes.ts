import { ConsumerList, ConsumerState } from '@claras/contracts/console-api';
import { topics } from '@claras/contracts/topics';
import type { PauseState, Pauses } from '@claras/service-kit/pauses';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ApiProblem } from './api-problem.ts';

const topicOf = new Map<string, string>(Object.values(topics).flatMap(({ name, readers }) => readers.map((reader) => [reader, name])));
const Consumer = Type.Object({ consumer: Type.String({ minLength: 1, maxLength: 64 }) });

const shown = (consumer: string, { deeds, paused }: PauseState): ConsumerState => ({
  ...{ consumer, topic: topicOf.get(consumer)!, deeds: [...deeds] },
  ...(paused ? { paused } : {}),
});

/** Consumers, for the operator: which are paused and by whom; pause and resume. Each of their processes obeys within 2 s. */
export function consumerRoutes(pauses: Pauses): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/consumers', { schema: { response: { 200: ConsumerList } } }, async () => {
      const names = [...topicOf.keys()];
      const states = await pauses.read(names);
      return { items: names.map((consumer, n) => shown(consumer, states[n]!)) };
    });

    for (const [verb, did] of [
      ['pause', 'paused'],
      ['resume', 'resumed'],
    ] as const)
      app.post(
        `/consumers/:consumer/${verb}`,
        { schema: { params: Consumer, response: { 200: ConsumerState } } },
        async ({ params: { consumer }, actor }) => {
          if (!topicOf.has(consumer)) throw new ApiProblem('not-found', 'There is no such consumer. List them to see their names.');
          return shown(consumer, await pauses.set(consumer, did, actor));
        },
      );
  };
}
