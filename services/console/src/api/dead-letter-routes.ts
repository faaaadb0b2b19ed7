import { DeadLetterDetail, DeadLetterDrop, DeadLetterPage, DeadLetterReplay, DeadLettersDecided } from '@claras/contracts/console-api';
import { type DeadLetter, type DeadLetters, letterStates } from '@claras/service-kit/dead-letters';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ApiProblem } from './api-problem.ts';

const defaultLimit = 100;
const mostAtOnce = 1000;
const Id = Type.Object({ letter: Type.String({ minLength: 1, maxLength: 256 }) });
const Query = Type.Object({
  state: Type.Optional(Type.Enum([...letterStates])),
  consumer: Type.Optional(Type.String({ maxLength: 64 })),
  after: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'next of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: mostAtOnce })),
});

const shown = ({ record, rate: _, ...letter }: DeadLetter) => ({ ...letter, key: record.key, type: record.headers.ce_type ?? '' });

/** Dead letters, for the operator: what is parked, what a replay would do, replay and drop. */
export function deadLetterRoutes(letters: DeadLetters): FastifyPluginAsyncTypebox {
  /** Those that are named, else those that are parked (of a consumer). */
  async function chosen({ ids, consumer }: { ids?: string[]; consumer?: string }): Promise<DeadLetter[]> {
    if (!ids) return (await letters.list({ state: 'parked', consumer, limit: mostAtOnce })).letters;
    const found = await Promise.all(ids.map((id) => letters.get(id)));
    if (found.includes(undefined)) throw new ApiProblem('not-found', 'There is no such dead letter. List them to see their ids.');
    return found.flatMap((entry) => entry?.value ?? []);
  }

  return async (app) => {
    app.get('/dead-letters', { schema: { querystring: Query, response: { 200: DeadLetterPage } } }, async ({ query }) => {
      const { letters: found, ...page } = await letters.list({ state: 'parked', limit: defaultLimit, ...query });
      return { ...page, items: found.map(shown) };
    });

    app.get('/dead-letters/:letter', { schema: { params: Id, response: { 200: DeadLetterDetail } } }, async ({ params: { letter } }) => {
      const [found] = await chosen({ ids: [letter] });
      const { value, headers } = found!.record;
      return { ...shown(found!), value, headers, replay: await letters.foretell(found!) };
    });

    app.post(
      '/dead-letters/replay',
      { schema: { body: DeadLetterReplay, response: { 200: DeadLettersDecided, 202: DeadLettersDecided } } },
      async ({ body: { dryRun, rate, ...which }, actor }, reply) => {
        const parked = (await chosen(which)).filter(({ state }) => state === 'parked');
        const items = await Promise.all(parked.map(async (letter) => ({ id: letter.id, ...(await letters.foretell(letter)) })));
        if (dryRun) return { items };
        for (const { id } of items) await letters.decide(id, 'replaying', actor, rate);
        return reply.code(202).send({ items });
      },
    );

    app.post('/dead-letters/drop', { schema: { body: DeadLetterDrop, response: { 200: DeadLettersDecided } } }, async ({ body, actor }) => {
      const dropped = await Promise.all((await chosen(body)).map(({ id }) => letters.decide(id, 'dropped', actor)));
      return { items: dropped.flatMap((letter) => (letter ? [{ id: letter.id, verdict: 'dropped' as const }] : [])) };
    });
  };
}
