import { internalApi } from '@claras/service-kit/internal-api';
import type { Log } from '@claras/service-kit/log';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { ledger } from './ledger.ts';

export const ledgerPath = '/ledger/v1';

const Tenant = Type.Object({ tenant: Type.String({ minLength: 1, maxLength: 40 }) });
const Seats = Type.Object(
  { quantity: Type.Integer({ minimum: 0 }), version: Type.Integer({ minimum: 0 }), key: Type.String({ minLength: 1, maxLength: 255 }) },
  { additionalProperties: false },
);

export function ledgerRoutes(parts: { ledger: ReturnType<typeof ledger>; token: string; log: Log }) {
  return async (instance: FastifyInstance): Promise<void> => {
    internalApi(instance, parts);
    const app = instance.withTypeProvider<TypeBoxTypeProvider>();
    app.put('/tenants/:tenant/seats', { schema: { params: Tenant, body: Seats } }, ({ params, body }) =>
      parts.ledger.setSeats(params.tenant, body),
    );
    app.get('/tenants/:tenant/seats', { schema: { params: Tenant } }, async ({ params }, reply) => {
      const billed = await parts.ledger.billed(params.tenant);
      return billed ?? reply.code(404).send({ detail: 'This tenant was never billed.' });
    });
    app.get('/tenants/:tenant/rows', { schema: { params: Tenant } }, async ({ params }) => ({
      rows: await parts.ledger.rows(params.tenant),
    }));
  };
}
