import type { Profile } from '@claras/contracts/events';
import { Anchor, Badge, Group, Select, Table, Tabs, Text, TextInput, Tooltip, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { Lock } from '../shared/lock.tsx';
import { LongTable } from '../shared/long-table.tsx';
import { Empty, Page } from '../shared/page.tsx';
import { Trouble } from '../shared/trouble.tsx';
import { useTeam } from '../shared/use-team.ts';
import { Groups } from '../team/groups.tsx';
import { Person } from '../team/person.tsx';

/** ms between two looks whether the team changed. */
const lookEvery = 400;
const lockedBecause = 'Name and e-mail address come from Entra and are changed there. Role and access can be changed here, too.';
const everyRole = ['owner', 'manager', 'adviser', 'assistant'];

/** The Team page: who is there, with what role, since SCIM or by hand. */
export function Team({ tenant }: { tenant: string }) {
  const { profiles: all, total, loaded, done, error } = useTeam(tenant, lookEvery);
  const [tab, setTab] = useState<string | null>('active');
  const [text, setText] = useState('');
  const [role, setRole] = useState<string | null>(null);
  const [source, setSource] = useState<string | null>(null);
  const [opened, setOpened] = useState<string>();

  const wanted = text.trim().toLowerCase();
  const fits = ({ displayName, email, userName, role: has, scimId, status }: Profile) =>
    status === tab &&
    (!role || has === role) &&
    (!source || (source === 'scim') === (scimId !== undefined)) &&
    (!wanted || [displayName, email, userName].some((value) => value?.toLowerCase().includes(wanted)));
  const shown = all.filter(fits);
  const count = (status: string) => all.filter((profile) => profile.status === status).length;
  const person = all.find(({ id }) => id === opened);

  return (
    <Page title="Team" about={loaded && `${total} ${total === 1 ? 'profile' : 'profiles'}`}>
      <Trouble error={error} />
      {loaded && total === 0 && (
        <Empty title="Nobody yet">
          <Text>People appear here shortly after Entra sends them, and whoever signs in for the first time.</Text>
          <Anchor component={Link} href={`/console/t/${tenant}/sso`}>
            Enable SCIM on the SSO page
          </Anchor>
        </Empty>
      )}
      {total > 0 && (
        <>
          <Tabs value={tab} onChange={setTab}>
            <Tabs.List>
              <Tabs.Tab value="active">Active ({count('active')})</Tabs.Tab>
              <Tabs.Tab value="archived">Archived ({count('archived')})</Tabs.Tab>
              <Tabs.Tab value="groups">Groups</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="groups" pt="md">
              {tab === 'groups' && <Groups tenant={tenant} />}
            </Tabs.Panel>
            <Tabs.Panel value={tab === 'archived' ? 'archived' : 'active'} pt="md">
              <Group mb="md" align="flex-end">
                <TextInput
                  label="Find"
                  value={text}
                  onChange={(event) => setText(event.currentTarget.value)}
                  placeholder="Name or e-mail"
                />
                <Select
                  label="Role"
                  data={everyRole}
                  value={role}
                  onChange={setRole}
                  placeholder="Any"
                  clearable
                  clearButtonProps={{ 'aria-label': 'Any role' }}
                  w={150}
                />
                <Select
                  label="Comes from"
                  data={[
                    { value: 'scim', label: 'Entra (SCIM)' },
                    { value: 'hand', label: 'Sign-in or by hand' },
                  ]}
                  value={source}
                  onChange={setSource}
                  placeholder="Anywhere"
                  clearable
                  clearButtonProps={{ 'aria-label': 'From anywhere' }}
                  w={190}
                />
              </Group>
              {shown.length === 0 ? (
                <Text c="dimmed">Nobody fits.</Text>
              ) : (
                <LongTable
                  label="Team"
                  columns={['Name', 'E-mail', 'Role', 'Comes from']}
                  items={shown}
                  keyOf={({ id }) => id}
                  row={(profile) => (
                    <>
                      <Table.Td>
                        <Tooltip
                          label={lockedBecause}
                          disabled={!profile.scimId}
                          events={{ hover: true, focus: true, touch: false }}
                          multiline
                          w={280}
                        >
                          <UnstyledButton onClick={() => setOpened(profile.id)} td="underline">
                            {profile.displayName} {profile.scimId && <Lock />}
                          </UnstyledButton>
                        </Tooltip>
                      </Table.Td>
                      <Table.Td>{profile.email ?? '–'}</Table.Td>
                      <Table.Td>
                        <Badge variant="default">{profile.role}</Badge>
                      </Table.Td>
                      <Table.Td>{profile.scimId ? 'Entra (SCIM)' : 'Sign-in or by hand'}</Table.Td>
                    </>
                  )}
                />
              )}
            </Tabs.Panel>
          </Tabs>
          {all.length < total && done && (
            <Text c="dimmed">
              {all.length} of {total} are loaded; claras-scim team list shows all of them.
            </Text>
          )}
        </>
      )}
      {person && <Person tenant={tenant} profile={person} onClose={() => setOpened(undefined)} />}
    </Page>
  );
}
