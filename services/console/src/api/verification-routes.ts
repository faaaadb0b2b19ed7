import { type Difference, RepairReport, VerificationReport } from '@claras/contracts/console-api';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { repair } from '../verification/repair.ts';
import { type VerifyParts, verify } from '../verification/verify.ts';
import { OfTenant } from './params.ts';

const mostShown = 500;
const shown = (differences: readonly Difference[]) => ({ total: differences.length, items: differences.slice(0, mostShown) });

/** Whether the directory, the core app and the bill agree; and the directory's word once more where they do not. */
export function verificationRoutes(parts: VerifyParts): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/tenants/:tenant/verification',
      { schema: { params: OfTenant, response: { 200: VerificationReport } } },
      async ({ params: { tenant } }) => {
        const { differences, byHand, ...report } = await verify(parts, tenant);
        return { ...report, differences: shown(differences), byHand: shown(byHand) };
      },
    );

    app.post(
      '/tenants/:tenant/verification/repair',
      { schema: { params: OfTenant, response: { 202: RepairReport } } },
      async ({ params: { tenant }, actor }, reply) => {
        const { differences } = await verify(parts, tenant);
        return reply.code(202).send({ users: await repair(parts, tenant, differences, actor) });
      },
    );
  };
}
