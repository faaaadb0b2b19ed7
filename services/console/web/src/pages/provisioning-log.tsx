import type { LogPage, ProvisioningEntry } from '@claras/contracts/console-api';
import { Button, Drawer, Menu, Switch, Table, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearch } from 'wouter';
import { ask, inTenant } from '../api.ts';
import { Entry, StatusBadge } from '../log/entry.tsx';
import { exportLog } from '../log/export.ts';
import { parseSearch } from '../log/search.ts';
import { NewSnapshot, SnapshotProgress } from '../log/snapshot.tsx';
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
  // Nothing that may be a name is taken from the address, nor put into it.
  const [text, setText] = useState(useSearch() === 'status=refused' ? 'status:refused' : '');
  const [live, setLive] = useState(true);
  const [opened, setOpened] = useState<string>();
  const [exported, setExported] = useState<number>();
  const [failed, setFailed] = useState<Error>();
  const [typed] = useDebouncedValue(text, 300);
  const { search, unknown } = parseSearch(typed);

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
    await exportLog(tenant, search, format, setExported).catch(setFailed);
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
      <TextInput
        label="Search"
        description="user: name or id, op: beginning of a type, status:refused"
        placeholder="user:ann@hill.example op:user status:refused"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={unknown.length > 0 && `Not understood: ${unknown.join(' ')}. Use user:, op: and status:refused.`}
        autoComplete="off"
      />
      {data && items.length === 0 && (
        <Empty title={typed ? 'Nothing fits' : 'Nothing yet'}>
          <Text>
            {typed ? 'Take words away from the search.' : 'Each request from Entra that changes something appears here within seconds.'}
          </Text>
        </Empty>
      )}
      {items.length > 0 && (
        <LongTable<ProvisioningEntry>
          label="Provisioning log"
          columns={['When', 'What', 'Who', 'Status', 'Request']}
          items={items}
          keyOf={({ id }) => id}
          row={(item) => (
            <>
              <Table.Td>
                <Ago time={item.time} />
              </Table.Td>
              <Table.Td>
                <UnstyledButton onClick={() => setOpened(item.id)} td="underline">
                  {item.type}
                </UnstyledButton>
              </Table.Td>
              <Table.Td>{item.name ?? '–'}</Table.Td>
              <Table.Td>
                <StatusBadge entry={item} />
              </Table.Td>
              <Table.Td>{item.request?.split(' ')[0] ?? '–'}</Table.Td>
            </>
          )}
        />
      )}
      <ShowOlder {...{ hasNextPage, isFetchingNextPage, fetchNextPage }} />
      {entry && (
        <Drawer opened onClose={() => setOpened(undefined)} title={entry.name ?? entry.subject}>
          <Entry entry={entry} />
        </Drawer>
      )}
    </Page>
  );
}
