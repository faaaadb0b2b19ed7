import { SeatApproval, SeatLedger, SeatReport, type SeatRow } from '@claras/contracts/console-api';
import { audit } from '@claras/directory/audit';
import { type Durable, transact } from '@claras/directory/transact';
import { type Billing, BillingRefused } from '@claras/ports/billing/billing';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { ReadLog } from '../provisioning-log/read-log.ts';
import { assertNoKey } from './admission.ts';
import { ApiProblem } from './api-problem.ts';
import { OfTenant } from './params.ts';

const shownRows = 500;

export interface SeatParts {
  durable: Durable;
  coreApp: CoreApp;
  billing: Billing;
  log: ReadLog;
}

/** The hold that stands: the newest line says so. */
const heldIn = ([newest]: readonly SeatRow[]) => (newest?.kind === 'held' ? { quantity: newest.quantity, since: newest.at } : null);

/** A billing system that refuses to say is no reason to say nothing of the seats. */
async function billOf(billing: Billing, tenant: string): Promise<Pick<SeatReport, 'billed' | 'refused'>> {
  try {
    const billed = await billing.billed(tenant);
    return { billed: billed ? { quantity: billed.quantity, version: billed.version } : null, refused: null };
  } catch (error) {
    if (!(error instanceof BillingRefused)) throw error;
    return { billed: null, refused: `${error.kind}: ${error.message}` };
  }
}

/** Seats that count beside seats that are billed: the same within the coalescing window (M24); and the ledger behind the bill. */
export function seatRoutes({ durable, coreApp, billing, log }: SeatParts): FastifyPluginAsyncTypebox {
  const trail = audit(durable);
  return async (app) => {
    app.get('/tenants/:tenant/seats', { schema: { params: OfTenant, response: { 200: SeatReport } } }, async ({ params: { tenant } }) => {
      const [{ active, version }, bill, rows] = await Promise.all([
        coreApp.seats(tenant),
        billOf(billing, tenant),
        log.seatRows(tenant, 1),
      ]);
      return { active, version, ...bill, held: heldIn(rows) };
    });

    app.get('/tenants/:tenant/seats/ledger', { schema: { params: OfTenant, response: { 200: SeatLedger } } }, async ({ params }) => ({
      items: await log.seatRows(params.tenant, shownRows),
    }));

    app.post(
      '/tenants/:tenant/seats/approval',
      { schema: { params: OfTenant, body: SeatApproval, response: { 202: SeatApproval } } },
      async ({ params: { tenant }, actor, body: { quantity } }, reply) => {
        assertNoKey(actor);
        const held = heldIn(await log.seatRows(tenant, 1));
        if (held?.quantity !== quantity)
          throw new ApiProblem('conflict', held ? `${held.quantity} seats are held now; look at them again.` : 'No seats are held.');
        await trail.tellFirst(tenant, { by: actor, action: 'seats.approved', subject: 'Seats', details: { quantity } });
        await transact(durable, `control/${tenant}`, async (time) => ({
          change: {
            events: [{ type: 'seats.approved', subject: 'Seats', time: new Date(time).toISOString(), data: { quantity, by: actor } }],
          },
          result: () => undefined,
        }));
        return reply.code(202).send({ quantity });
      },
    );
  };
}
