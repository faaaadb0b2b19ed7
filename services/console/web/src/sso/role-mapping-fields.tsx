import type { PushedGroup } from '@claras/contracts/console-api';
import { groupNameKey } from '@claras/domain/role-mapping';
import { Stack, TagsInput, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ask, inTenant } from '../api.ts';

const roles = ['owner', 'manager', 'adviser', 'assistant'] as const;
const named = { owner: 'Owner', manager: 'Manager', adviser: 'Adviser', assistant: 'Assistant' } as const;
/** Group names for each role. */
export type Mapping = Partial<Record<(typeof roles)[number], string[]>>;

/** Role Mapping: names of groups for each role, suggested from those that were pushed already. */
export function RoleMappingFields({
  tenant,
  mapping,
  onChange,
  disabled,
}: {
  tenant: string;
  mapping: Mapping;
  onChange: (mapping: Mapping) => void;
  disabled: boolean;
}) {
  const { data } = useQuery({
    queryKey: ['groups', tenant],
    queryFn: () => ask<{ items: PushedGroup[] }>('GET', inTenant(tenant, '/groups')),
    refetchInterval: 10_000,
  });
  const taken = new Set(Object.values(mapping).flat());
  const pushed = new Set((data?.items ?? []).map(({ name }) => name));
  const suggested = [...pushed].filter((name) => !taken.has(name));
  const known = new Set([...pushed].map(groupNameKey));
  const unknown = data ? [...taken].filter((name) => !known.has(groupNameKey(name))) : [];
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        Add the names of the groups for a role; Enter adds one. You need not set all roles. Who is in several groups gets the highest role:
        owner &gt; manager &gt; adviser &gt; assistant. Who matches none keeps the role. New profiles begin as Adviser. An owner is never
        lowered here: that is done on the Team page.
      </Text>
      {roles.map((role) => (
        <TagsInput
          key={role}
          label={named[role]}
          value={mapping[role] ?? []}
          data={suggested}
          onChange={(names) => onChange({ ...mapping, [role]: names })}
          disabled={disabled}
          acceptValueOnBlur
          splitChars={[]}
        />
      ))}
      {pushed.size === 0 ? (
        <Text size="sm" c="dimmed">
          No group has been sent yet; names can be typed before.
        </Text>
      ) : (
        unknown.length > 0 && (
          <Text size="sm" aria-live="polite">
            Entra has sent no group of this name: {unknown.join(', ')}. Check the spelling, and that the group is assigned to the
            application in Entra.
          </Text>
        )
      )}
    </Stack>
  );
}
