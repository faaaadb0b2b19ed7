import type { NewFederation, Provider } from '@claras/contracts/console-api';
import type { Api } from '../api.ts';
import { type Command, type Option, tenantOption } from '../command.ts';
import { table } from '../table.ts';
import { theProvider } from './provider.ts';

const options: Record<string, Option> = {
  ...tenantOption,
  provider: { placeholder: 'P', help: 'id or name; not needed where it is clear' },
};

async function pathOf(api: Api, tenant: string, provider: string | undefined): Promise<string[]> {
  return ['tenants', tenant, 'providers', (await theProvider(api, tenant, provider)).id, 'federation'];
}

const shown = ({ name, federation }: Provider): string =>
  federation
    ? table(['entraTenant', 'application', 'objectId', 'audience'], [{ ...federation, objectId: federation.objectId ?? 'any' }])
    : `${name} trusts no application in Entra.`;

export const federationSet: Command = {
  name: 'federation set',
  options: {
    ...options,
    'entra-tenant': { placeholder: 'UUID', required: true, help: 'the Tenant ID in the issuer that Entra shows' },
    application: { placeholder: 'UUID', required: true, help: 'id of the workload identity’s application' },
    object: { placeholder: 'UUID', help: 'the subject that Entra shows (default any of the application)' },
    audience: { placeholder: 'A', help: 'the audience that Entra shows (default api://<application>)' },
  },
  help: 'Let an application in Entra have access tokens without a secret (workload identity federation).',
  async run({ api, value, print, tell }) {
    const tenant = value('tenant') as string;
    const [objectId, audience] = [value('object'), value('audience')];
    const wanted: NewFederation = {
      entraTenant: value('entra-tenant') as string,
      application: value('application') as string,
      ...(objectId ? { objectId } : {}),
      ...(audience ? { audience } : {}),
    };
    const provider = await api.put<Provider>(await pathOf(api, tenant, value('provider')), wanted);
    print(provider.federation, () => shown(provider));
    tell(`Next, in Entra: the Client ID is ${tenant}, the Token URL is the Tenant URL followed by /oauth2/token.`);
  },
};

export const federationShow: Command = {
  name: 'federation show',
  options,
  help: 'Show which application in Entra has access tokens without a secret.',
  async run({ api, value, print }) {
    const provider = await theProvider(api, value('tenant') as string, value('provider'));
    print(provider.federation ?? null, () => shown(provider));
  },
};

export const federationRemove: Command = {
  name: 'federation remove',
  options,
  help: 'Trust no application in Entra any more: its access tokens end within a second.',
  async run({ api, value, tell }) {
    await api.delete(await pathOf(api, value('tenant') as string, value('provider')));
    tell('No application in Entra is trusted any more.');
  },
};
