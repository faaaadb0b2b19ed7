import type { ApiKey, CreatedApiKey, KeyRotation, NewApiKey } from '@claras/contracts/console-api';
import { type ApiScope, apiScopes, isApiScope } from '@claras/domain/api-key';
import { type Command, tenantOption } from '../command.ts';
import { UsageError } from '../refusal.ts';
import { table } from '../table.ts';

function scopesOf(words: readonly string[]): ApiScope[] {
  const wrong = words.find((word) => !isApiScope(word));
  if (wrong !== undefined) throw new UsageError(`--scope is ${apiScopes.join(' or ')}`);
  return [...new Set(words as ApiScope[])];
}

export const keyCreate: Command = {
  name: 'key create',
  options: {
    ...tenantOption,
    name: { placeholder: 'N', required: true, help: 'what the key is for' },
    scope: { placeholder: 'S', required: true, many: true, help: 'scim.full opens the SCIM edge, rest.full the REST API' },
    expires: { placeholder: 'TIME', help: 'when it ends, such as 2027-11-24T00:00:00Z (default: never)' },
  },
  help: 'Make an API key; prints its value, which is never shown again.',
  async run({ api, value, values, print, tell }) {
    const expires = value('expires');
    const wanted: NewApiKey = { name: value('name') as string, scopes: scopesOf(values('scope')), ...(expires ? { expires } : {}) };
    const key = await api.post<CreatedApiKey>(['tenants', value('tenant') as string, 'keys'], wanted);
    print(key, () => key.value);
    tell('This is the only time that the key is shown: store it now. In Entra it is the Secret token, with nothing before it.');
  },
};

const stateOf = ({ revoked, expires, formerPepper }: ApiKey): string => {
  if (revoked) return `revoked ${revoked}`;
  const state = expires ? `until ${expires}` : 'in force';
  return formerPepper ? `${state}, by a former pepper` : state;
};
const rowOf = (key: ApiKey) => ({
  id: key.id,
  name: key.name,
  scopes: key.scopes.join(', '),
  starts: `${key.starts}…`,
  created: key.created,
  used: key.lastUsed ?? 'never',
  state: stateOf(key),
});

export const keyList: Command = {
  name: 'key list',
  options: tenantOption,
  help: 'List a tenant’s API keys, without their values.',
  async run({ api, value, print }) {
    const { items } = await api.get<{ items: ApiKey[] }>(['tenants', value('tenant') as string, 'keys']);
    print(items, () => table(['id', 'name', 'scopes', 'starts', 'created', 'used', 'state'], items.map(rowOf)));
  },
};

const hour = 3600;

export const keyRotate: Command = {
  name: 'key rotate',
  arguments: ['ID'],
  options: {
    ...tenantOption,
    overlap: { placeholder: 'HOURS', help: 'how long the old key goes on to open (default: 24; 0 ends it at once)' },
    expires: { placeholder: 'TIME', help: 'when the new one ends (default: never)' },
  },
  help: 'Make a new key with the name and scopes of another, which ends after an overlap; prints the new value, once.',
  async run({ api, positionals: [id = ''], value, print, tell }) {
    const hours = Number(value('overlap') ?? 24);
    if (!(hours >= 0 && hours <= 720)) throw new UsageError('--overlap is a number of hours from 0 to 720');
    const expires = value('expires');
    const wanted: KeyRotation = { overlap: Math.round(hours * hour), ...(expires ? { expires } : {}) };
    const key = await api.post<CreatedApiKey>(['tenants', value('tenant') as string, 'keys', id, 'rotate'], wanted);
    print(key, () => key.value);
    tell(hours === 0 ? 'The old key is revoked.' : `The old key ends in ${hours} hours: paste the new one into Entra before.`);
  },
};

export const keyRevoke: Command = {
  name: 'key revoke',
  arguments: ['ID'],
  options: tenantOption,
  help: 'Revoke an API key, for good. In force within a second.',
  async run({ api, positionals: [id = ''], value, print }) {
    const key = await api.delete<ApiKey>(['tenants', value('tenant') as string, 'keys', id]);
    print(key, () => `revoked ${key.name}`);
  },
};
