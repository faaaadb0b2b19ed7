import { EpochReport, SnapshotReport } from '@claras/contracts/console-api';
import type { Snapshots } from '@claras/directory/snapshots';
import type { Store } from '@claras/ports/store/store';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { OfTenant } from './params.ts';

/** A tenant's snapshot: the directory says to every reader all that it has. And the store's epochs, for the operator. */
export function snapshotRoutes(snapshots: Snapshots, store: Store): FastifyPluginAsyncTypebox {
  async function report(tenant: string): Promise<SnapshotReport> {
    const [last, wanted] = await Promise.all([snapshots.read(tenant), snapshots.isWanted(tenant)]);
    if (!last) return { wanted, snapshot: null };
    const { next: _, since: __, ...snapshot } = last;
    return { wanted, snapshot };
  }
  const highest = async () => ({ epoch: Math.max(...(await store.epochs())) });

  return async (app) => {
    app.get('/tenants/:tenant/snapshot', { schema: { params: OfTenant, response: { 200: SnapshotReport } } }, ({ params: { tenant } }) =>
      report(tenant),
    );
    app.post(
      '/tenants/:tenant/snapshot',
      { schema: { params: OfTenant, response: { 202: SnapshotReport } } },
      async ({ params: { tenant }, actor }, reply) => {
        await snapshots.want(tenant, { by: actor, reason: 'asked for by hand', rebuild: true });
        return reply.code(202).send(await report(tenant));
      },
    );
    app.get('/epoch', { schema: { response: { 200: EpochReport } } }, highest);
    app.post('/epoch', { schema: { response: { 200: EpochReport } } }, async () => {
      await store.raiseEpoch();
      return highest();
    });
  };
}
