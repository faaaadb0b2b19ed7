import type { LogPage, ProvisioningEntry } from '@claras/contracts/console-api';
import { Anchor, Button, Checkbox, Drawer, Group, Menu, Select, Switch, Table, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearch } from 'wouter';
import { ask, inTenant } from '../api.ts';
import { Entry, StatusBadge } from '../log/entry.tsx';
import { exportLog } from '../log/export.ts';
import { provisioningSentence } from '../log/provisioning-sentence.ts';
import { type LogSearch, personIn, topics } from '../log/search.ts';
import { NewSnapshot, SnapshotProgress } from '../log/snapshot.tsx';
import { useNames } from '../log/use-names.ts';
import { useSession } from '../session.tsx';
import { Ago } from '../shared/ago.tsx';
import { LongTable } from '../shared/long-table.tsx';
import { Empty, Page } from '../shared/page.tsx';
import { ShowOlder } from '../shared/show-older.tsx';
import { Trouble } from '../shared/trouble.tsx';

const pageSize = 100;

/** Every request that changed something or was refused, and what came of it, as it happens. */
export function ProvisioningLog({ tenant }: { tenant: string }) {
  const { manages } = useSession();
  const { names, profiles } = useNames(tenant);
  // Nothing that may be a name is taken from the address, nor put into it.
  const [text, setText] = useState('');
  const [type, setType] = useState<string | null>(null);
  const [refused, setRefused] = useState(useSearch() === 'status=refused');
  const [live, setLive] = useState(true);
  const [opened, setOpened] = useState<string>();
  const [exported, setExported] = useState<number>();
  const [failed, setFailed] = useState<Error>();
  const [typed] = useDebouncedValue(text, 300);
  const { user, fit } = personIn(profiles, typed);
  const search: LogSearch = { ...(user ? { user } : {}), ...(type ? { type } : {}), ...(refused ? { refused } : {}) };
  const isNarrowed = Object.keys(search).length > 0;

  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['log', tenant, search],
    queryFn: ({ pageParam }) =>
      ask<LogPage>('POST', inTenant(tenant, '/provisioning-log/.search'), { ...search, limit: pageSize, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    // All pages that are open are asked for again: a reader who went far back is left in peace.
    refetchInterval: ({ state }) => (live && (state.data?.pages.length ?? 0) <= 1 ? 2000 : false),
    placeholderData: keepPreviousData,
  });
  const items = data?.pages.flatMap((page) => page.items) ?? [];
  const entry = items.find(({ id }) => id === opened);

  async function save(format: 'csv' | 'ndjson') {
    setExported(0);
    setFailed(undefined);
    await exportLog(tenant, search, format, names, setExported).catch(setFailed);
    setExported(undefined);
  }

  const actions = (
    <>
      {manages && <NewSnapshot tenant={tenant} />}
      <Switch label="Live" checked={live} onChange={(event) => setLive(event.currentTarget.checked)} />
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" disabled={exported !== undefined}>
            {exported === undefined ? 'Export' : `${exported} entries…`}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => save('csv')}>CSV</Menu.Item>
          <Menu.Item onClick={() => save('ndjson')}>NDJSON</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );

  return (
    <Page title="Provisioning log" about="What Entra asked for, what changed, and what came of it." actions={actions}>
      <Trouble error={error ?? failed} />
      <SnapshotProgress tenant={tenant} />
      <Group align="flex-end">
        <TextInput
          label="Person"
          description="Name, e-mail address or user name"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={fit && `${fit} people fit. Write the whole e-mail address.`}
          autoComplete="off"
        />
        <Select
          label="About"
          data={topics}
          value={type}
          onChange={setType}
          placeholder="Everything"
          clearable
          clearButtonProps={{ 'aria-label': 'About everything' }}
          w={270}
        />
        <Checkbox label="Only what was refused" checked={refused} onChange={(event) => setRefused(event.currentTarget.checked)} mb={8} />
      </Group>
      {data && items.length === 0 && <NothingHere tenant={tenant} isNarrowed={isNarrowed} />}
      {items.length > 0 && (
        <LongTable<ProvisioningEntry>
          label="Provisioning log"
          columns={['When', 'What happened', 'Status']}
          items={items}
          keyOf={({ id }) => id}
          row={(item) => (
            <>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>
                <Ago time={item.time} />
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                <UnstyledButton onClick={() => setOpened(item.id)} td="underline" fz="inherit">
                  {provisioningSentence(item, names)}
                </UnstyledButton>
              </Table.Td>
              <Table.Td>
                <StatusBadge entry={item} />
              </Table.Td>
            </>
          )}
        />
      )}
      <ShowOlder {...{ hasNextPage, isFetchingNextPage, fetchNextPage }} />
      {entry && (
        <Drawer opened onClose={() => setOpened(undefined)} title={provisioningSentence(entry, names)}>
          <Entry entry={entry} />
        </Drawer>
      )}
    </Page>
  );
}

function NothingHere({ tenant, isNarrowed }: { tenant: string; isNarrowed: boolean }) {
  if (isNarrowed)
    return (
      <Empty title="Nothing fits">
        <Text>Choose a wider search above.</Text>
      </Empty>
    );
  return (
    <Empty title="Nothing yet">
      <Text>Whatever Entra adds, changes, archives or deletes appears here within seconds.</Text>
      <Anchor component={Link} href={`/console/t/${tenant}/sso`}>
        See on the SSO page whether Entra is connected
      </Anchor>
    </Empty>
  );
}
