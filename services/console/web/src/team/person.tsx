import type { LogPage } from '@claras/contracts/console-api';
import type { Profile } from '@claras/contracts/events';
import { Alert, Badge, Button, Drawer, Group, Select, Stack, Text, Timeline, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { ask, inTenant } from '../api.ts';
import { Entry } from '../log/entry.tsx';
import { provisioningSentence } from '../log/provisioning-sentence.ts';
import { useNames } from '../log/use-names.ts';
import { useSession } from '../session.tsx';
import { Trouble } from '../shared/trouble.tsx';

const roles = ['owner', 'manager', 'adviser', 'assistant'];

/** One person: what can be done by hand, and everything that happened, each request with its effects. */
export function Person({ tenant, profile, onClose }: { tenant: string; profile: Profile; onClose: () => void }) {
  const { manages } = useSession();
  const path = inTenant(tenant, `/team/${encodeURIComponent(profile.id)}`);
  const byHand = useMutation({
    mutationFn: ({ command, role }: { command: 'role' | 'archive' | 'restore'; role?: string }) =>
      ask<Profile>(command === 'role' ? 'PUT' : 'POST', `${path}/${command}`, role ? { role } : undefined),
  });
  const { scimId } = profile;
  const timeline = useQuery({
    queryKey: ['timeline', tenant, scimId],
    queryFn: () => ask<LogPage>('POST', inTenant(tenant, '/provisioning-log/.search'), { user: scimId, limit: 100 }),
    enabled: scimId !== undefined,
  });
  const { names } = useNames(tenant);
  const archived = profile.status === 'archived';
  return (
    <Drawer opened onClose={onClose} title={profile.displayName}>
      <Stack>
        <Group>
          <Badge variant="default">{profile.role}</Badge>
          <Badge variant="default">{profile.status}</Badge>
          <Text>{profile.email}</Text>
        </Group>
        {scimId && (
          <Alert color="gray" title="Kept up to date by Entra">
            Name and e-mail address are changed in Entra. Role and access can be changed here, too: that stands until Entra next says
            something about it.
          </Alert>
        )}
        <Trouble error={byHand.error} />
        {manages && (
          <Group align="flex-end">
            <Select
              label="Role"
              data={roles}
              value={profile.role}
              onChange={(role) => role && role !== profile.role && byHand.mutate({ command: 'role', role })}
              allowDeselect={false}
              disabled={byHand.isPending}
            />
            <Button
              variant="default"
              onClick={() => byHand.mutate({ command: archived ? 'restore' : 'archive' })}
              loading={byHand.isPending}
            >
              {archived ? 'Restore' : 'Archive'}
            </Button>
          </Group>
        )}
        {scimId && (
          <>
            <Title order={3} size="h4">
              Timeline
            </Title>
            <Trouble error={timeline.error} />
            {timeline.data?.items.length === 0 && (
              <Text c="dimmed">Nothing yet. What Entra sends about this person appears here within seconds.</Text>
            )}
            <Timeline bulletSize={16} lineWidth={2}>
              {timeline.data?.items.map((entry) => (
                <Timeline.Item key={entry.id} title={provisioningSentence(entry, names, scimId)}>
                  <Entry entry={entry} />
                </Timeline.Item>
              ))}
            </Timeline>
          </>
        )}
      </Stack>
    </Drawer>
  );
}
