import { Erasure, ErasureList, NewErasure } from '@claras/contracts/console-api';
import type { Erased, Erasures } from '@claras/directory/erasures';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { holders } from '../erasures/tenant-eraser.ts';
import { ApiProblem } from './api-problem.ts';

const OfErasure = Type.Object({ id: Type.String({ maxLength: 40 }) });

const shown = ({ id: tenant, erasure: { sequence: _, waiting, ...erasure }, entry }: Erased): Erasure => ({
  ...{ tenant, ...erasure, waiting: [...waiting] },
  ...(entry ? { entry: { ...entry } } : {}),
});

/** Erasing a tenant: for the operator alone, since no tenant stands in these paths. */
export function erasureRoutes(erasures: Erasures): FastifyPluginAsyncTypebox {
  async function found(id: string): Promise<Erased> {
    const erased = await erasures.get(id);
    if (!erased) throw new ApiProblem('not-found', 'This tenant was not erased.');
    return erased;
  }

  return async (app) => {
    app.get('/erasures', { schema: { response: { 200: ErasureList } } }, async () => ({
      items: (await Promise.all((await erasures.list()).map(found))).map(shown),
    }));

    app.get('/erasures/:id', { schema: { params: OfErasure, response: { 200: Erasure } } }, async ({ params }) =>
      shown(await found(params.id)),
    );

    app.post(
      '/erasures',
      { schema: { body: NewErasure, response: { 202: Erasure } }, config: { verified: true } },
      async ({ body: { tenant, name }, actor }, reply) => {
        await erasures.begin(tenant, { name, by: actor, waiting: holders });
        const erased = await found(tenant);
        // Here, so that no key works when this is answered. The rest is not waited for.
        if (erased.erasure.sequence === undefined) await erasures.endDirectory(erased);
        return reply.code(202).send(shown(await found(tenant)));
      },
    );
  };
}
