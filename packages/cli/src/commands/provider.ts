import type { NewProvider, Provider, ProviderChange } from '@claras/contracts/console-api';
import type { Api } from '../api.ts';
import { type Command, tenantOption } from '../command.ts';
import { Refusal, UsageError } from '../refusal.ts';
import { table } from '../table.ts';

const countsOf = ({ requests }: Provider): string => {
  if (!requests) return '-';
  return requests.ok === undefined ? `at least ${requests.refused} refused` : `${requests.ok} ok / ${requests.refused} refused`;
};

const rowOf = (provider: Provider) => ({
  id: provider.id,
  name: provider.name,
  protocol: provider.protocol,
  domains: provider.domains.join(', '),
  scim: provider.scim ? 'on' : 'off',
  'last 24 h': countsOf(provider),
});

export const providersOf = async (api: Api, tenant: string): Promise<Provider[]> =>
  (await api.get<{ items: Provider[] }>(['tenants', tenant, 'providers'])).items;

/** The provider that `asked` names, by id or name; without it, the one with SCIM on, else the only one. */
export async function theProvider(api: Api, tenant: string, asked: string | undefined): Promise<Provider> {
  const all = await providersOf(api, tenant);
  const found =
    asked === undefined
      ? (all.find(({ scim }) => scim) ?? (all.length === 1 ? all[0] : undefined))
      : all.find(({ id, name }) => id === asked || name === asked);
  if (found) return found;
  if (all.length === 0) throw new Refusal(`${tenant} has no provider: claras-scim provider add NAME --tenant ${tenant}`);
  throw new Refusal(`which provider? Say --provider and one of: ${all.map(({ name }) => name).join(', ')}`);
}

function protocolOf(text: string | undefined): Pick<NewProvider, 'protocol'> {
  if (text === undefined) return {};
  if (text !== 'saml' && text !== 'oidc') throw new UsageError('--protocol is saml or oidc');
  return { protocol: text };
}

export const providerAdd: Command = {
  name: 'provider add',
  arguments: ['NAME'],
  options: {
    ...tenantOption,
    protocol: { placeholder: 'saml|oidc', help: 'how people sign in (default saml)' },
    domain: { placeholder: 'D', many: true, help: 'a domain whose people sign in here' },
  },
  help: 'Add a single sign-on provider, with SCIM off; prints its id.',
  async run({ api, positionals: [name = ''], value, values, print, tell }) {
    const tenant = value('tenant') as string;
    const wanted: NewProvider = { name, ...protocolOf(value('protocol')), domains: values('domain') };
    const provider = await api.post<Provider>(['tenants', tenant, 'providers'], wanted);
    print(provider, () => provider.id);
    tell(`Next: claras-scim scim on --tenant ${tenant} --provider ${provider.id}`);
  },
};

export const providerList: Command = {
  name: 'provider list',
  options: tenantOption,
  help: 'List a tenant’s providers, which of them has SCIM on, and what became of its requests.',
  async run({ api, value, print }) {
    const all = await providersOf(api, value('tenant') as string);
    print(all, () => table(['id', 'name', 'protocol', 'domains', 'scim', 'last 24 h'], all.map(rowOf)));
  },
};

export const providerSet: Command = {
  name: 'provider set',
  options: {
    ...tenantOption,
    provider: { placeholder: 'P', help: 'id or name; not needed where it is clear' },
    'additive-members': {
      placeholder: 'on|off',
      help: 'a PATCH that replaces the members of a group adds to them (default off)',
    },
    domain: { placeholder: 'D', many: true, help: 'all of its domains: whose profiles from before SCIM it may link' },
  },
  help: 'Change how a provider’s SCIM requests are read, or its domains.',
  async run({ api, value, values, print }) {
    const tenant = value('tenant') as string;
    const additive = value('additive-members');
    const domains = values('domain');
    if (additive !== undefined && additive !== 'on' && additive !== 'off') throw new UsageError('--additive-members is on or off');
    if (additive === undefined && domains.length === 0) throw new UsageError('say --additive-members or --domain');
    const { id } = await theProvider(api, tenant, value('provider'));
    const change: ProviderChange = {
      ...(additive === undefined ? {} : { additiveMembers: additive === 'on' }),
      ...(domains.length === 0 ? {} : { domains }),
    };
    const provider = await api.patch<Provider>(['tenants', tenant, 'providers', id], change);
    const said = [
      `Replacing members adds to them: ${provider.additiveMembers ? 'on' : 'off'} for ${provider.name}`,
      `Its domains: ${provider.domains.join(', ') || '-'}`,
    ];
    print(provider, () => said.join('\n'));
  },
};

export const providerRemove: Command = {
  name: 'provider remove',
  arguments: ['NAME'],
  options: tenantOption,
  help: 'Remove a provider by its name or id, with its sign-in settings and role mapping. Its SCIM must be off; people and keys stay.',
  async run({ api, positionals: [name = ''], value, tell }) {
    const tenant = value('tenant') as string;
    const { id } = await theProvider(api, tenant, name);
    await api.delete(['tenants', tenant, 'providers', id]);
    tell(`${name} is removed. The audit log has its role mapping: claras-scim audit list --tenant ${tenant}`);
  },
};
