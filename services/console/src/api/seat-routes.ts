import { SeatReport } from '@claras/contracts/console-api';
import type { Billing } from '@claras/ports/billing/billing';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { OfTenant } from './params.ts';

/** Seats that count beside seats that are billed: the same within the coalescing window (M24). */
export function seatRoutes(coreApp: CoreApp, billing: Billing): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/tenants/:tenant/seats', { schema: { params: OfTenant, response: { 200: SeatReport } } }, async ({ params }) => {
      const [{ active, version }, billed] = await Promise.all([coreApp.seats(params.tenant), billing.billed(params.tenant)]);
      return { active, version, billed: billed ? { quantity: billed.quantity, version: billed.version } : null };
    });
  };
}
