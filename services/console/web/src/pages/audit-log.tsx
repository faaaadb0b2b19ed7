import type { AuditEntry } from '@claras/contracts/console-api';
import { Code, Table, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { ask, inTenant } from '../api.ts';
import { Ago } from '../shared/ago.tsx';
import { LongTable } from '../shared/long-table.tsx';
import { Empty, Page } from '../shared/page.tsx';
import { ShowOlder } from '../shared/show-older.tsx';
import { Trouble } from '../shared/trouble.tsx';

const pageSize = 100;

/** Who did what to keys, providers, mappings, roles and links. */
export function AuditLog({ tenant }: { tenant: string }) {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['audit', tenant],
    queryFn: ({ pageParam }) =>
      ask<{ items: AuditEntry[] }>('GET', inTenant(tenant, `/audit-log?limit=${pageSize}${pageParam ? `&before=${pageParam}` : ''}`)),
    initialPageParam: 0,
    getNextPageParam: ({ items }) => (items.length === pageSize ? items.at(-1)?.number : undefined),
  });
  const items = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title="Audit log" about="Who did what. Each entry seals the one before; claras-scim audit verify follows the chain.">
      <Trouble error={error} />
      {data && items.length === 0 && (
        <Empty title="Nothing yet">
          <Text>Keys, providers, role mappings, changes of roles and profiles that SCIM took over leave a line here.</Text>
        </Empty>
      )}
      {items.length > 0 && (
        <LongTable
          label="Audit log"
          columns={['Number', 'When', 'Who', 'What', 'To what', 'Details']}
          items={items}
          keyOf={({ number }) => number}
          row={({ number, time, by, action, subject, details }) => (
            <>
              <Table.Td>{number}</Table.Td>
              <Table.Td>
                <Ago time={time} />
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{by}</Table.Td>
              <Table.Td>{action}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{subject}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                <Code>{JSON.stringify(details)}</Code>
              </Table.Td>
            </>
          )}
        />
      )}
      <ShowOlder {...{ hasNextPage, isFetchingNextPage, fetchNextPage }} />
    </Page>
  );
}
