import type { AlarmList } from '@claras/contracts/console-api';
import { Badge, Stack, Table, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../api.ts';
import { Ago } from '../shared/ago.tsx';
import { DataTable } from '../shared/data-table.tsx';
import { Trouble } from '../shared/trouble.tsx';

/** What somebody must know of a tenant; each ends by itself with what ends its cause. */
export function Alarms() {
  const { data, error } = useQuery({ queryKey: ['alarms'], queryFn: () => ask<AlarmList>('GET', '/alarms') });
  if (!error && !data?.items.length) return undefined;
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Alarms {data && <Badge color="#b42318">{data.items.length}</Badge>}
      </Title>
      <Trouble error={error} />
      {data && (
        <DataTable label="Alarms" minWidth={480} columns={['Tenant', 'Consumer', 'Since', 'What']}>
          {data.items.map(({ consumer, tenant, kind, detail, since }) => (
            <Table.Tr key={`${consumer} ${tenant} ${kind}`}>
              <Table.Td>{tenant}</Table.Td>
              <Table.Td>{consumer}</Table.Td>
              <Table.Td>
                <Ago time={since} />
              </Table.Td>
              <Table.Td>{detail}</Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
    </Stack>
  );
}
