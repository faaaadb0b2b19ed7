import type { NewTenant, Tenant } from '@claras/contracts/console-api';
import type { Command } from '../command.ts';
import { table } from '../table.ts';

export const tenantCreate: Command = {
  name: 'tenant create',
  arguments: ['NAME'],
  options: {
    domain: { placeholder: 'D', many: true, help: 'a domain of the company: profiles with an address in it can be linked' },
    'no-scim': { help: 'begin with SCIM off' },
  },
  help: 'Make a tenant with a provider "Entra" that has SCIM on; prints the tenant’s id.',
  async run({ api, positionals: [name = ''], values, has, print, tell }) {
    const wanted: NewTenant = { name, domains: values('domain'), scim: !has('no-scim') };
    const tenant = await api.post<Tenant>(['tenants'], wanted);
    print(tenant, () => tenant.id);
    if (wanted.scim) tell(`Next: make a key for Entra:\n  claras-scim key create --tenant ${tenant.id} --name Entra --scope scim.full`);
    else
      tell(
        `SCIM is off. To turn it on:\n  claras-scim provider add Entra --tenant ${tenant.id}\n  claras-scim scim on --tenant ${tenant.id}`,
      );
  },
};

export const tenantList: Command = {
  name: 'tenant list',
  help: 'List the tenants.',
  async run({ api, print }) {
    const { items } = await api.get<{ items: Tenant[] }>(['tenants']);
    print(items, () => table(['id', 'name', 'created'], items));
  },
};
