import type { Runtime } from '@claras/ports/runtime';
import { indexPages } from '@claras/ports/store/index-pages';
import type { Change, Scope, Store } from '@claras/ports/store/store';
import { editDocument } from '@claras/service-kit/edit-document';
import { afterBilling, type Mark, marked } from './decide.ts';

export interface DirtyTenant {
  tenant: string;
  mark: Mark;
}

const scope: Scope = 'billing-sync/';
const dirtyIndex = 'dirty';
const tenantsIndex = 'tenants';
const pageSize = 500;
const markKey = (tenant: string) => `dirty:${tenant}`;

/** Which tenants must be billed, and which were ever heard of. Durable: a mark outlives the process that made it. */
export function dirtyTenants(parts: { store: Store; runtime: Runtime }) {
  const { store } = parts;
  const change = (tenant: string, edit: (mark: Mark | undefined, now: number) => Pick<Change, 'put' | 'remove' | 'index'>): Promise<void> =>
    editDocument(parts, scope, markKey(tenant), edit);

  return {
    /** `erased`: with it the tenant ends. */
    mark: (tenant: string, sequence: number, erased?: true): Promise<void> =>
      change(tenant, (mark, now) => ({
        put: { [markKey(tenant)]: marked(mark, sequence, now, erased) },
        index: { [dirtyIndex]: { add: [tenant] }, [tenantsIndex]: { add: [tenant] } },
      })),

    /** Seats of this version were billed; the tenant stays dirty if they may have changed since they were counted. */
    billed: (tenant: string, version: number): Promise<void> =>
      change(tenant, (mark, now) => {
        const left = mark && afterBilling(mark, version, now);
        if (left) return { put: { [markKey(tenant)]: left } };
        return { remove: [markKey(tenant)], index: { [dirtyIndex]: { remove: [tenant] } } };
      }),

    /** As if nobody had ever heard of the tenant. */
    forget: (tenant: string): Promise<void> =>
      change(tenant, () => ({
        remove: [markKey(tenant)],
        index: { [dirtyIndex]: { remove: [tenant] }, [tenantsIndex]: { remove: [tenant] } },
      })),

    async *dirty(): AsyncGenerator<DirtyTenant[]> {
      for await (const tenants of indexPages(store, scope, dirtyIndex, pageSize)) {
        const entries = await store.read<Mark>(scope, tenants.map(markKey));
        yield tenants.flatMap((tenant, n) => (entries[n] ? [{ tenant, mark: entries[n].value }] : []));
      }
    },
    known: () => indexPages(store, scope, tenantsIndex, pageSize),
  };
}
export type DirtyTenants = ReturnType<typeof dirtyTenants>;
