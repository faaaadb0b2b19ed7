import type { Erasure } from '@claras/contracts/console-api';
import { Code, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../api.ts';
import { Ago } from '../shared/ago.tsx';
import { DataTable } from '../shared/data-table.tsx';
import { Trouble } from '../shared/trouble.tsx';

/** Tenants that are being erased, and for whom each waits. Nothing where there is none. */
export function Erasures() {
  const { data, error } = useQuery({ queryKey: ['erasures'], queryFn: () => ask<{ items: Erasure[] }>('GET', '/erasures') });
  const underWay = data?.items.filter(({ finished }) => finished === undefined) ?? [];
  if (underWay.length === 0) return <Trouble error={error} />;
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Being erased
      </Title>
      <Text>No key of these works any more, and nobody of them gets in. It goes on by itself, after a restart too.</Text>
      <DataTable label="Being erased" minWidth={400} columns={['Id', 'Begun', 'Waits for']}>
        {underWay.map(({ tenant, began, by, waiting }) => (
          <Table.Tr key={tenant}>
            <Table.Td>
              <Code>{tenant}</Code>
            </Table.Td>
            <Table.Td>
              <Ago time={began} /> by {by}
            </Table.Td>
            <Table.Td>{waiting.join(', ') || 'the last sweep'}</Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </Stack>
  );
}
