import type { MappingChange, VersionedMapping } from '@claras/contracts/console-api';
import { isRole, type Role, roles } from '@claras/domain/role';
import type { RoleMapping } from '@claras/domain/role-mapping';
import { type Command, tenantOption } from '../command.ts';
import { UsageError } from '../refusal.ts';
import { table } from '../table.ts';
import { theProvider } from './provider.ts';

const options = { ...tenantOption, provider: { placeholder: 'P', help: 'id or name; not needed where it is clear' } };

/** Highest privilege first, as it counts for a member of several groups. */
const mappingText = (mapping: RoleMapping): string =>
  table(
    ['role', 'groups'],
    roles.toReversed().map((role) => ({ role, groups: mapping[role]?.join(', ') || '-' })),
  );

function roleIn(word: string | undefined): Role {
  if (isRole(word)) return word;
  throw new UsageError(`--role is one of ${roles.toReversed().join(', ')}`);
}

export const mappingSet: Command = {
  name: 'mapping set',
  options: {
    ...options,
    role: { placeholder: 'R', required: true, help: 'owner, manager, adviser or assistant' },
    group: { placeholder: 'G', many: true, help: 'name of an Entra group; without any, the role is left blank' },
  },
  help: 'Say which groups give a role; other roles stay as they are. Everyone’s role is checked again.',
  async run({ api, value, values, print }) {
    const role = roleIn(value('role'));
    const tenant = value('tenant') as string;
    const { id, mapping, version } = await theProvider(api, tenant, value('provider'));
    const groups = values('group').filter((name) => name.trim() !== '');
    const change: MappingChange = { mapping: { ...mapping, [role]: groups }, version };
    const saved = await api.put<VersionedMapping>(['tenants', tenant, 'providers', id, 'role-mapping'], change);
    print(saved, () => mappingText(saved.mapping));
  },
};

export const mappingShow: Command = {
  name: 'mapping show',
  options,
  help: 'Show which groups give which role.',
  async run({ api, value, print }) {
    const tenant = value('tenant') as string;
    const { id } = await theProvider(api, tenant, value('provider'));
    const current = await api.get<VersionedMapping>(['tenants', tenant, 'providers', id, 'role-mapping']);
    print(current, () => mappingText(current.mapping));
  },
};
