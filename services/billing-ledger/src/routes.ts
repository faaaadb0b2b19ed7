import { internalApi } from '@claras/service-kit/internal-api';
import type { Log } from '@claras/service-kit/log';
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Ledger } from './ledger.ts';

export const ledgerPath = '/ledger/v1';

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Tenant = Type.Object({ tenant: Type.String({ minLength: 1, maxLength: 40 }) });
const Seats = Type.Object(
  { quantity: Count, version: Count, key: Type.String({ minLength: 1, maxLength: 255 }), at: Count },
  { additionalProperties: false },
);
const Page = Type.Object({ after: Type.Optional(Type.String({ pattern: '^\\d{1,9}$' })) });

class NeverBilled extends Error {
  override name = 'NeverBilled';
}
const known = (error: unknown) => (error instanceof NeverBilled ? { status: 404, code: 'never-billed' } : undefined);

export function ledgerRoutes({ ledger, ...parts }: { ledger: Ledger; token: string; log: Log }) {
  return async (instance: FastifyInstance): Promise<void> => {
    internalApi(instance, { ...parts, known });
    // Fastify's own compiler would take a quantity of null for 0, and bill it.
    instance.setValidatorCompiler(TypeBoxValidatorCompiler);
    const app = instance.withTypeProvider<TypeBoxTypeProvider>();
    const params = Tenant;
    app.put('/tenants/:tenant/seats', { schema: { params, body: Seats } }, (request) =>
      ledger.setSeats(request.params.tenant, request.body),
    );
    app.get('/tenants/:tenant/seats', { schema: { params } }, async (request) => {
      const billed = await ledger.billed(request.params.tenant);
      if (!billed) throw new NeverBilled('This tenant was never billed.');
      return billed;
    });
    app.get('/tenants/:tenant/rows', { schema: { params, querystring: Page } }, async (request) => ({
      rows: await ledger.rows(request.params.tenant, Number(request.query.after ?? 0)),
    }));
  };
}
