import type { PushedGroup } from '@claras/contracts/console-api';
import { Badge, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ask, inTenant } from '../api.ts';
import { DataTable } from '../shared/data-table.tsx';
import { Empty } from '../shared/page.tsx';
import { Trouble } from '../shared/trouble.tsx';

/** ms between two looks. */
const lookEvery = 800;

/** The groups that Entra sends, with the role that each gives. */
export function Groups({ tenant }: { tenant: string }) {
  const { data, error } = useQuery({
    queryKey: ['groups', tenant],
    queryFn: () => ask<{ items: PushedGroup[] }>('GET', inTenant(tenant, '/groups')),
    refetchInterval: lookEvery,
  });
  return (
    <>
      <Trouble error={error} />
      {data?.items.length === 0 && (
        <Empty title="No group yet">
          <Text>Groups that are assigned to the application in Entra appear here shortly after it sends them.</Text>
        </Empty>
      )}
      {data && data.items.length > 0 && (
        <DataTable label="Groups" minWidth={360} columns={['Group', 'Members', 'Gives the role']}>
          {data.items.map(({ name, members, role }) => (
            <Table.Tr key={name}>
              <Table.Td>{name}</Table.Td>
              <Table.Td>{members}</Table.Td>
              <Table.Td>{role ? <Badge variant="default">{role}</Badge> : '–'}</Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
    </>
  );
}
