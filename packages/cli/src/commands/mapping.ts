import type { MappingChange, MappingPreview, VersionedMapping } from '@claras/contracts/console-api';
import { isRole, type Role, roles } from '@claras/domain/role';
import type { RoleMapping } from '@claras/domain/role-mapping';
import { type Command, type Context, tenantOption } from '../command.ts';
import { UsageError } from '../refusal.ts';
import { table } from '../table.ts';
import { theProvider } from './provider.ts';
import { nameOf } from './team.ts';

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

const changeOptions = {
  ...options,
  role: { placeholder: 'R', required: true, help: 'owner, manager, adviser or assistant' },
  group: { placeholder: 'G', many: true, help: 'name of an Entra group; without any, the role is left blank' },
};

/** The mapping that the options ask for, over the one that was read. */
async function wanted({ api, value, values }: Context) {
  const role = roleIn(value('role'));
  const tenant = value('tenant') as string;
  const { id, mapping, version } = await theProvider(api, tenant, value('provider'));
  const groups = values('group').filter((name) => name.trim() !== '');
  return { path: ['tenants', tenant, 'providers', id, 'role-mapping'], change: { mapping: { ...mapping, [role]: groups }, version } };
}

export const mappingSet: Command = {
  name: 'mapping set',
  options: changeOptions,
  help: 'Say which groups give a role; other roles stay as they are. Everyone’s role is checked again.',
  async run(context) {
    const { path, change } = await wanted(context);
    const saved = await context.api.put<VersionedMapping>(path, change satisfies MappingChange);
    context.print(saved, () => mappingText(saved.mapping));
  },
};

const reason = (because: MappingPreview['owners']['items'][number]['because']): string =>
  because.map(({ group, role }) => `${group} (${role})`).join(' before ');

function previewText({ inForce, checked, changes, owners, roles: counts, seats }: MappingPreview): string {
  const rows = [
    ...changes.items.map(({ profile, from, to, because }) => ({ profile, change: `${from} → ${to}`, because })),
    ...owners.items.map(({ profile, wanted: lower, because }) => ({ profile, change: `stays owner, not ${lower}`, because })),
  ];
  const people = rows.map(({ profile, change, because }) => ({ who: nameOf(profile), change, why: reason(because) }));
  const more = changes.total + owners.total - rows.length;
  return [
    `${checked} profiles: ${changes.total} change, ${owners.total} stay owners whom the mapping would lower; seats ${seats.before} → ${seats.after}`,
    ...(inForce ? [] : ['SCIM is off for this provider: nothing changes before it is on.']),
    table(
      ['role', 'before', 'after'],
      counts.map(({ role, before, after }) => ({ role, before: String(before), after: String(after) })),
    ),
    ...(people.length > 0 ? [table(['who', 'change', 'why'], people)] : []),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join('\n\n');
}

export const mappingPreview: Command = {
  name: 'mapping preview',
  options: changeOptions,
  help: 'Show who would get another role, and why, if this were set. Nothing is saved.',
  async run(context) {
    const { path, change } = await wanted(context);
    const preview = await context.api.post<MappingPreview>([...path, 'preview'], { mapping: change.mapping });
    context.print(preview, () => previewText(preview));
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
