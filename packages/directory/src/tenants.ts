import { isTenantId, tenantIdFromName } from '@claras/domain/tenant';
import { indexPages } from '@claras/ports/store/index-pages';
import { type Actor, audit, type Deed } from './audit.ts';
import { DirectoryError } from './directory-error.ts';
import { newProvider, providerKey, providersIndex, provisioningChanged } from './providers.ts';
import { globalScope, tenantScope } from './scopes.ts';
import { type Durable, transact } from './transact.ts';

export interface Tenant {
  id: string;
  name: string;
  /** ISO 8601, UTC. */
  created: string;
}

/** What is kept of a tenant that was erased, so that nobody gets its id, and what happens late is nobody's. */
export interface ErasedTenant extends Omit<Tenant, 'name'> {
  erasure: {
    by: Actor;
    /** ISO 8601, UTC. */
    began: string;
    finished?: string;
    /** Services that have not erased theirs yet. */
    waiting: readonly string[];
    /** Of the directory's `tenant.erased`, once the core app has obeyed it. */
    sequence?: number;
  };
}
export type StoredTenant = Tenant | ErasedTenant;
export const isErased = (tenant: StoredTenant): tenant is ErasedTenant => 'erasure' in tenant;

export const tenantKey = (id: string) => `tenant:${id}`;
export const tenantsIndex = 'tenants';
const pageSize = 1000;

/** The companies that use Claras. */
export function tenants(durable: Durable) {
  const { store, runtime } = durable;
  const trail = audit(durable);

  /** `scim`: begin with a provider "Entra" that has SCIM on, as the operator's command does (DECISIONS 14). Otherwise SCIM is off (M1). */
  async function create({
    name,
    domains = [],
    scim = false,
  }: {
    name: string;
    domains?: readonly string[];
    scim?: boolean;
  }): Promise<Tenant> {
    const id = tenantIdFromName(name);
    if (!isTenantId(id)) throw new DirectoryError('invalid', 'A tenant needs a name with at least one letter or digit.');
    // The provider first: a tenant that is listed is whole, and a crash in between is mended by asking again.
    if (scim) await withProvider(id, domains);
    return transact(durable, globalScope, async (time) => {
      const [existing] = await store.read(globalScope, [tenantKey(id)]);
      if (existing)
        throw new DirectoryError('conflict', `There is a tenant ${id} already, or was one that was erased; choose another name.`);
      const tenant: Tenant = { id, name, created: new Date(time).toISOString() };
      const change = { expect: { [tenantKey(id)]: 0 }, put: { [tenantKey(id)]: tenant }, index: { [tenantsIndex]: { add: [id] } } };
      return { change, result: () => tenant };
    });
  }

  async function withProvider(tenant: string, domains: readonly string[]): Promise<void> {
    if (await stored(tenant)) return; // create answers with the conflict
    await transact(durable, tenantScope(tenant), async (time) => {
      const asOf = await trail.head(tenant);
      const { total } = await store.range(tenantScope(tenant), providersIndex, { limit: 0 });
      if (total > 0) return { result: () => undefined };
      const provider = newProvider(runtime.id(), { name: 'Entra', protocol: 'saml', domains }, true);
      const change = {
        put: { [providerKey(provider.id)]: provider },
        index: { [providersIndex]: { add: [provider.id] } },
        events: [provisioningChanged(provider, time)],
      };
      const deed: Deed = {
        by: 'operator',
        action: 'provider.added',
        subject: `Providers/${provider.id}`,
        details: { name: provider.name, scim: true },
      };
      return { change: await trail.tell(tenant, time, change, deed, asOf), result: () => undefined };
    });
  }

  const stored = async (id: string) => (await store.read<StoredTenant>(globalScope, [tenantKey(id)]))[0]?.value;

  /** Undefined also for one that was erased. */
  async function get(id: string): Promise<Tenant | undefined> {
    const found = await stored(id);
    return found && !isErased(found) ? found : undefined;
  }

  async function list(): Promise<Tenant[]> {
    const found: Tenant[] = [];
    for await (const members of indexPages(store, globalScope, tenantsIndex, pageSize))
      for (const entry of await store.read<StoredTenant>(globalScope, members.map(tenantKey)))
        if (entry && !isErased(entry.value)) found.push(entry.value);
    return found;
  }

  return { create, get, list };
}
export type Tenants = ReturnType<typeof tenants>;
