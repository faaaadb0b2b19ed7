import type { Provider, ProviderChange } from '@claras/contracts/console-api';
import { type Command, tenantOption } from '../command.ts';
import { theProvider } from './provider.ts';

const command = (word: 'on' | 'off', help: string): Command => ({
  name: `scim ${word}`,
  options: { ...tenantOption, provider: { placeholder: 'P', help: 'id or name; not needed where it is clear' } },
  help,
  async run({ api, value, print }) {
    const tenant = value('tenant') as string;
    const { id } = await theProvider(api, tenant, value('provider'));
    const change: ProviderChange = { scim: word === 'on' };
    const provider = await api.patch<Provider>(['tenants', tenant, 'providers', id], change);
    print(provider, () => `SCIM is ${provider.scim ? 'on' : 'off'} for ${provider.name}`);
  },
});

export const scimOn = command('on', 'Enable SCIM for a provider. One of a tenant’s providers has it at a time.');
export const scimOff = command('off', 'Disable SCIM: every SCIM request of the tenant is refused. Profiles stay as they are.');
