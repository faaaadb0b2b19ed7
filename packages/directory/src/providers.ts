import type { OutgoingEvent } from '@claras/contracts/cloud-event';
import type { Provisioning } from '@claras/contracts/events';
import { type Federation, federation, isSameTrust, type NewFederation } from '@claras/domain/federation';
import type { RoleMapping } from '@claras/domain/role-mapping';
import { type Actor, audit, type Deed, system } from './audit.ts';
import { DirectoryError } from './directory-error.ts';
import { tenantScope } from './scopes.ts';
import { type Durable, transact } from './transact.ts';

/** A tenant's SSO provider. Provisioning reads and writes `scim`, `domains` and `mapping`; the sign-in settings stay as they are. */
export interface Provider {
  id: string;
  name: string;
  protocol: 'saml' | 'oidc';
  domains: readonly string[];
  scim: boolean;
  /** When it was last turned on; ISO 8601, UTC. Absent where it was from the start. */
  scimSince?: string;
  /** Replacing a group's members adds to them. */
  additiveMembers?: boolean;
  /** Who is given access tokens without a secret, while SCIM is on. */
  federation?: Federation;
  mapping: RoleMapping;
  /** What sign-in needs: whatever it is, it is kept as it came. */
  settings?: unknown;
}
export type NewProvider = Pick<Provider, 'name' | 'protocol' | 'domains' | 'settings'>;
/** `version`: of the provider as it was read; a save that states an older one is refused. */
export type ListedProvider = Provider & { version: number };

/** Few by nature: a tenant has an identity provider or two. */
const mostProviders = 50;

export const providersIndex = 'providers';
export const providerKey = (id: string) => `provider:${id}`;

export const newProvider = (id: string, { name, protocol, domains, settings }: NewProvider, scim: boolean): Provider => ({
  id,
  name,
  protocol,
  domains: normalized(domains),
  scim,
  mapping: {},
  ...(settings === undefined ? {} : { settings }),
});

/** What consumers must know of the provider that counts now, or that there is none. */
export const provisioningOf = (provider: Provider | undefined): Provisioning =>
  provider ? { provider: provider.id, domains: [...provider.domains], mapping: copied(provider.mapping) } : null;

/** SCIM was switched, or the mapping saved. */
export const provisioningChanged = (provider: Provider | undefined, time: number): OutgoingEvent => ({
  type: 'provisioning.changed',
  subject: `Providers/${provider?.id ?? 'none'}`,
  time: new Date(time).toISOString(),
  data: { provisioning: provisioningOf(provider) },
});

const normalized = (domains: readonly string[]): string[] => domains.map((domain) => domain.trim().toLowerCase());

interface ProviderEdit extends Pick<Deed, 'action' | 'details'> {
  after: ListedProvider;
  /** Whether those who follow the directory's events go by it. */
  isFollowed?: true;
}

const subjectOf = (id: string) => `Providers/${id}`;

const copied = (mapping: RoleMapping) => Object.fromEntries(Object.entries(mapping).map(([role, names]) => [role, [...names]]));

export function providers(durable: Durable) {
  const { store, runtime } = durable;
  const trail = audit(durable);

  async function list(tenant: string): Promise<ListedProvider[]> {
    const scope = tenantScope(tenant);
    const { members } = await store.range(scope, providersIndex, { limit: mostProviders });
    const entries = await store.read<Provider>(scope, members.map(providerKey));
    return entries.flatMap((entry) => (entry ? [{ ...entry.value, version: entry.version }] : []));
  }

  const add = (tenant: string, provider: NewProvider, by: Actor = system): Promise<ListedProvider> =>
    transact(durable, tenantScope(tenant), async (time) => {
      const asOf = await trail.head(tenant);
      const existing = await list(tenant);
      if (existing.length >= mostProviders) throw new DirectoryError('conflict', `A tenant has at most ${mostProviders} providers.`);
      if (existing.some(({ name }) => name === provider.name))
        throw new DirectoryError('conflict', `There is a provider "${provider.name}" already.`);
      const added = newProvider(runtime.id(), provider, false);
      const put = { put: { [providerKey(added.id)]: added }, index: { [providersIndex]: { add: [added.id] } } };
      const { name, protocol, domains } = added;
      const deed: Deed = { by, action: 'provider.added', subject: subjectOf(added.id), details: { name, protocol, domains } };
      const change = await trail.tell(tenant, time, put, deed, asOf);
      return { change, result: ({ version }) => ({ ...added, version }) };
    });

  /** Enable SCIM. One provider of a tenant has it on at a time (M4). */
  const setScim = (tenant: string, id: string, on: boolean, by: Actor = system): Promise<ListedProvider> =>
    transact(durable, tenantScope(tenant), async (time) => {
      // As of the log: two providers switched on at once must not both succeed, though one be added in that moment.
      const asOf = await trail.head(tenant);
      const all = await list(tenant);
      const provider = found(all, id);
      const holder = all.find((other) => other.scim && other.id !== id);
      if (on && holder) throw new DirectoryError('conflict', `SCIM is on for "${holder.name}"; turn it off there first.`);
      if (provider.scim === on) return { result: () => provider };
      const changed = stored({ ...provider, scim: on, ...(on ? { scimSince: new Date(time).toISOString() } : {}) });
      const change = {
        expect: { [providerKey(id)]: provider.version },
        put: { [providerKey(id)]: changed },
        events: [provisioningChanged(on ? changed : undefined, time)],
      };
      const deed: Deed = { by, action: on ? 'scim.enabled' : 'scim.disabled', subject: subjectOf(id), details: { name: provider.name } };
      return { change: await trail.tell(tenant, time, change, deed, asOf), result: ({ version }) => ({ ...changed, version }) };
    });

  /**
   * The provider with its sign-in settings, its role mapping and whom it trusted. Users, groups and keys are the tenant's and stay. Nothing
   * follows from it: while SCIM is off, no reader goes by a provider.
   */
  const remove = (tenant: string, id: string, by: Actor = system): Promise<ListedProvider> =>
    transact(durable, tenantScope(tenant), async (time) => {
      const provider = found(await list(tenant), id);
      if (provider.scim) throw new DirectoryError('conflict', `SCIM is on for "${provider.name}"; turn it off first.`);
      const { name, protocol, domains, mapping } = provider;
      const change = {
        expect: { [providerKey(id)]: provider.version },
        remove: [providerKey(id)],
        index: { [providersIndex]: { remove: [id] } },
      };
      const deed: Deed = { by, action: 'provider.removed', subject: subjectOf(id), details: { name, protocol, domains, mapping } };
      return { change: await trail.tell(tenant, time, change, deed), result: () => provider };
    });

  /** One provider's change with its deed in the audit log; `decide` gives none where it is as it shall be. Readers hear of what they follow. */
  const amend = (
    tenant: string,
    id: string,
    by: Actor,
    decide: (provider: ListedProvider) => ProviderEdit | undefined,
  ): Promise<ListedProvider> =>
    transact(durable, tenantScope(tenant), async (time) => {
      const provider = found(await list(tenant), id);
      const edit = decide(provider);
      if (!edit) return { result: () => provider };
      const changed = stored(edit.after);
      const told = {
        expect: { [providerKey(id)]: provider.version },
        put: { [providerKey(id)]: changed },
        events: edit.isFollowed && changed.scim ? [provisioningChanged(changed, time)] : [],
      };
      const deed: Deed = { by, action: edit.action, subject: subjectOf(id), details: edit.details };
      return { change: await trail.tell(tenant, time, told, deed), result: ({ version }) => ({ ...changed, version }) };
    });

  /** What a PATCH that replaces a group's members means: all of them (RFC 7644, 3.5.2.3), or, switched on, some more. */
  const setAdditiveMembers = (tenant: string, id: string, on: boolean, by: Actor = system): Promise<ListedProvider> =>
    amend(tenant, id, by, (provider) => {
      if ((provider.additiveMembers ?? false) === on) return undefined;
      return { after: { ...provider, additiveMembers: on }, action: 'provider.changed', details: { additiveMembers: on } };
    });

  /** Whose profiles from before SCIM are linked by e-mail (M18). */
  const setDomains = (tenant: string, id: string, domains: readonly string[], by: Actor = system): Promise<ListedProvider> =>
    amend(tenant, id, by, (provider) => {
      const after = { ...provider, domains: normalized(domains) };
      return { after, action: 'provider.changed', details: { before: provider.domains, domains: after.domains }, isFollowed: true };
    });

  /** Trusts one workload of the customer's Entra, in place of the one before; undefined: none. */
  const setFederation = (tenant: string, id: string, wanted: NewFederation | undefined, by: Actor = system): Promise<ListedProvider> =>
    amend(tenant, id, by, ({ federation: before, ...rest }) => {
      const trust = wanted && federation(runtime.id(), wanted);
      if (wanted && !trust) throw new DirectoryError('invalid', 'The tenant, application and object of Entra are UUIDs.');
      if (trust && before ? isSameTrust(before, trust) : before === trust) return undefined;
      const after = { ...rest, ...(trust ? { federation: trust } : {}) };
      return { after, action: trust ? 'federation.set' : 'federation.removed', details: trust ?? before };
    });

  /** Role Mapping, saved as a whole. `version`: the one that was read; a newer one in the store is a conflict. */
  const setMapping = (
    tenant: string,
    id: string,
    mapping: RoleMapping,
    seen: { version: number },
    by: Actor = system,
  ): Promise<ListedProvider> =>
    amend(tenant, id, by, (provider) => {
      if (seen.version !== provider.version)
        throw new DirectoryError('conflict', 'The role mapping was changed since you read it; read it again and repeat your change.');
      const details = { before: provider.mapping, after: mapping };
      return { after: { ...provider, mapping }, action: 'mapping.saved', details, isFollowed: true };
    });

  /** The provider with SCIM on: what opens the SCIM edge to a tenant's key. */
  const withScim = async (tenant: string): Promise<ListedProvider | undefined> => (await list(tenant)).find(({ scim }) => scim);

  /** Whose assertions count now. */
  const trusted = async (tenant: string): Promise<Federation | undefined> => (await withScim(tenant))?.federation;

  return { list, add, remove, setScim, setAdditiveMembers, setDomains, setFederation, setMapping, withScim, trusted };
}
export type Providers = ReturnType<typeof providers>;

function found(all: readonly ListedProvider[], id: string): ListedProvider {
  const provider = all.find((candidate) => candidate.id === id);
  if (!provider) throw new DirectoryError('not-found', 'There is no such provider; list the tenant’s providers to see their ids.');
  return provider;
}

const stored = ({ version: _, ...provider }: ListedProvider): Provider => provider;
