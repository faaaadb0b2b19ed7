import {
  MappingChange,
  MappingDraft,
  MappingPreview,
  NewFederation,
  NewProvider,
  Provider,
  ProviderChange,
  ProviderList,
  VersionedMapping,
} from '@claras/contracts/console-api';
import { DirectoryError } from '@claras/directory/directory-error';
import type { Keys } from '@claras/directory/keys';
import type { ListedProvider, Providers } from '@claras/directory/providers';
import { groupNameKey, type RoleMapping } from '@claras/domain/role-mapping';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requestCounts } from '../provisioning-log/request-counts.ts';
import { assertNoKey } from './admission.ts';
import { ApiProblem } from './api-problem.ts';
import { OfProvider, OfTenant } from './params.ts';
import { mappingPreview, type PreviewParts } from './preview-mapping.ts';

const mappingOf = ({ mapping, version }: ListedProvider): VersionedMapping => ({
  mapping: Object.fromEntries(Object.entries(mapping).map(([role, names]) => [role, [...names]])),
  version,
});
const shown = (provider: ListedProvider): Provider => ({
  additiveMembers: false,
  ...provider,
  domains: [...provider.domains],
  ...mappingOf(provider),
});

/** Whether a name is new; `keyOf`: by which names are the same. */
function adds(before: readonly string[] = [], after: readonly string[] = [], keyOf: (name: string) => string): boolean {
  const known = new Set(before.map(keyOf));
  return after.some((name) => !known.has(keyOf(name)));
}
const makesOwners = (before: RoleMapping, after: RoleMapping): boolean => adds(before.owner, after.owner, groupNameKey);
/** SCIM takes over profiles, an owner's too, whose address is in a domain of its provider. */
const opensDomains = (before: readonly string[], after: readonly string[]): boolean =>
  adds(before, after, (domain) => domain.trim().toLowerCase());

/** The SSO page: providers, Enable SCIM, Role Mapping. */
export function providerRoutes(providers: Providers, { keys, ...preview }: PreviewParts & { keys: Keys }): FastifyPluginAsyncTypebox {
  async function find({ tenant, provider: id }: { tenant: string; provider: string }): Promise<ListedProvider> {
    const provider = (await providers.list(tenant)).find((candidate) => candidate.id === id);
    if (!provider) throw new ApiProblem('not-found', 'There is no such provider. List the providers of the tenant to see their ids.');
    return provider;
  }

  return async (app) => {
    app.get(
      '/tenants/:tenant/providers',
      { schema: { params: OfTenant, response: { 200: ProviderList } } },
      async ({ params: { tenant } }) => {
        const [listed, lastRequest] = await Promise.all([providers.list(tenant), keys.lastRequest(tenant)]);
        const { store, runtime } = preview.durable;
        const requests = listed.some(({ scim }) => scim) && (await requestCounts(store, tenant, runtime.now()));
        const seen = { ...(lastRequest ? { lastRequest } : {}), ...(requests ? { requests } : {}) };
        return { items: listed.map((provider) => ({ ...shown(provider), ...(provider.scim ? seen : {}) })) };
      },
    );

    app.post(
      '/tenants/:tenant/providers',
      { schema: { params: OfTenant, body: NewProvider, response: { 201: Provider } } },
      async ({ params, actor, body: { name, protocol = 'saml', domains = [], settings } }, reply) => {
        if (opensDomains([], domains)) assertNoKey(actor);
        return reply.code(201).send(shown(await providers.add(params.tenant, { name, protocol, domains, settings }, actor)));
      },
    );

    app.patch(
      '/tenants/:tenant/providers/:provider',
      { schema: { params: OfProvider, body: ProviderChange, response: { 200: Provider } } },
      async ({ params: { tenant, provider }, actor, body: { scim, additiveMembers, domains } }) => {
        if (domains && opensDomains((await find({ tenant, provider })).domains, domains)) assertNoKey(actor);
        if (additiveMembers !== undefined) await providers.setAdditiveMembers(tenant, provider, additiveMembers, actor);
        if (domains !== undefined) await providers.setDomains(tenant, provider, domains, actor);
        if (scim !== undefined) await providers.setScim(tenant, provider, scim, actor);
        return shown(await find({ tenant, provider }));
      },
    );

    app.delete(
      '/tenants/:tenant/providers/:provider',
      { schema: { params: OfProvider, response: { 200: Provider } } },
      async ({ params, actor }) => {
        assertNoKey(actor);
        return shown(await providers.remove(params.tenant, params.provider, actor));
      },
    );

    const federationPath = '/tenants/:tenant/providers/:provider/federation';
    app.put(
      federationPath,
      { schema: { params: OfProvider, body: NewFederation, response: { 200: Provider } }, config: { verified: true } },
      async ({ params, actor, body }) => shown(await providers.setFederation(params.tenant, params.provider, body, actor)),
    );
    app.delete(federationPath, { schema: { params: OfProvider, response: { 200: Provider } } }, async ({ params, actor }) =>
      shown(await providers.setFederation(params.tenant, params.provider, undefined, actor)),
    );

    const mappingPath = '/tenants/:tenant/providers/:provider/role-mapping';
    app.get(mappingPath, { schema: { params: OfProvider, response: { 200: VersionedMapping } } }, async ({ params }) =>
      mappingOf(await find(params)),
    );

    app.post(
      `${mappingPath}/preview`,
      { schema: { params: OfProvider, body: MappingDraft, response: { 200: MappingPreview } }, config: { reads: true } },
      async ({ params, body: { mapping } }) => {
        const { version, scim } = await find(params);
        const counts = await providers.withScim(params.tenant);
        return { version, inForce: scim, ...(await mappingPreview(preview, params.tenant, counts?.mapping ?? {}, mapping)) };
      },
    );

    app.put(
      mappingPath,
      { schema: { params: OfProvider, body: MappingChange, response: { 200: VersionedMapping } } },
      async ({ params, actor, body: { mapping, ...seen } }) => {
        if (makesOwners((await find(params)).mapping, mapping)) assertNoKey(actor);
        try {
          return mappingOf(await providers.setMapping(params.tenant, params.provider, mapping, seen, actor));
        } catch (error) {
          if (!(error instanceof DirectoryError && error.code === 'conflict')) throw error;
          throw new ApiProblem('conflict', error.message, mappingOf(await find(params)));
        }
      },
    );
  };
}
