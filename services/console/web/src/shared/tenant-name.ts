import type { Tenant } from '@claras/contracts/console-api';
import { useQuery } from '@tanstack/react-query';
import { ask, inTenant } from '../api.ts';

/** What the company is called; its id until that is known. */
export function useTenantName(tenant: string): string {
  const queryFn = () => ask<Tenant>('GET', inTenant(tenant));
  return useQuery({ queryKey: ['tenant', tenant], queryFn, refetchInterval: false }).data?.name ?? tenant;
}
