import { readFileSync } from 'node:fs';
import type { SchemaExtension } from '@claras/contracts/console-api';
import { type Command, tenantOption } from '../command.ts';
import { Refusal, UsageError } from '../refusal.ts';
import { table } from '../table.ts';

const pathOf = (tenant: string): string[] => ['tenants', tenant, 'schema-extensions'];

function resourceTypeOf(text: string | undefined): SchemaExtension['resourceType'] {
  if (text !== 'User' && text !== 'Group') throw new UsageError('--for is User or Group');
  return text;
}

/** The schema in a file, as RFC 7643, 7, writes it; `schemas` and `meta` of a copied one are left out. */
function schemaIn(file: string): unknown {
  try {
    const { schemas: _, meta: __, ...schema } = JSON.parse(readFileSync(file, 'utf8'));
    return schema;
  } catch (error) {
    throw new Refusal(`${file} can’t be read as JSON: ${(error as Error).message}`);
  }
}

export const schemaPut: Command = {
  name: 'schema put',
  arguments: ['FILE'],
  options: { ...tenantOption, for: { placeholder: 'User|Group', required: true, help: 'what the schema extends' } },
  help: 'Register a schema extension (RFC 7643, 7) from a JSON file, or put it in the place of the one with its id.',
  async run({ api, positionals: [file = ''], value, print, tell }) {
    const tenant = value('tenant') as string;
    const extension = { resourceType: resourceTypeOf(value('for')), schema: schemaIn(file) };
    const stored = await api.put<SchemaExtension>(pathOf(tenant), extension);
    print(stored, () => stored.schema.id);
    tell('Next: map the attributes in Entra as URN:attribute; /Schemas shows them within a second.');
  },
};

export const schemaList: Command = {
  name: 'schema list',
  options: tenantOption,
  help: 'List a tenant’s schema extensions.',
  async run({ api, value, print }) {
    const { items } = await api.get<{ items: SchemaExtension[] }>(pathOf(value('tenant') as string));
    const rows = items.map(({ resourceType, schema }) => ({
      id: schema.id,
      for: resourceType,
      attributes: schema.attributes.map(({ name }) => name).join(', '),
    }));
    print(items, () => table(['id', 'for', 'attributes'], rows));
  },
};

export const schemaRemove: Command = {
  name: 'schema remove',
  arguments: ['ID'],
  options: tenantOption,
  help: 'Forget a schema extension; the values that users and groups have of it stay.',
  async run({ api, positionals: [id = ''], value, tell }) {
    await api.delete([...pathOf(value('tenant') as string), id]);
    tell(`${id} is no longer described.`);
  },
};
