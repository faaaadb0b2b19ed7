import type { SeatReport, SeatRow } from '@claras/contracts/console-api';
import { Alert, Badge, Button, Group, Paper, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { ask, inTenant } from '../api.ts';
import { useSession } from '../session.tsx';
import { Ago } from '../shared/ago.tsx';
import { DataTable } from '../shared/data-table.tsx';
import { Details } from '../shared/details.tsx';
import { Empty, Page } from '../shared/page.tsx';
import { Trouble } from '../shared/trouble.tsx';

/** Seats that count beside seats that are billed, and the ledger behind the bill. */
export function Billing({ tenant }: { tenant: string }) {
  const { manages } = useSession();
  const seats = useQuery({ queryKey: ['seats', tenant], queryFn: () => ask<SeatReport>('GET', inTenant(tenant, '/seats')) });
  const ledger = useQuery({
    queryKey: ['ledger', tenant],
    queryFn: () => ask<{ items: SeatRow[] }>('GET', inTenant(tenant, '/seats/ledger')),
  });
  const held = seats.data?.held;
  const approve = useMutation({
    mutationFn: () => ask<unknown>('POST', inTenant(tenant, '/seats/approval'), { quantity: held?.quantity }),
  });
  return (
    <Page title="Billing" about="A seat is an active profile. The bill follows by itself.">
      <Trouble error={seats.error ?? ledger.error ?? approve.error} />
      {seats.data && (
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <Figure name="Active profiles" value={seats.data.active} />
          <Figure name="Seats billed" value={seats.data.billed?.quantity ?? (seats.data.refused ? 'Unknown' : 'None yet')} />
        </SimpleGrid>
      )}
      {seats.data?.refused && (
        <Alert color="red" title="The billing system does not say what is billed">
          <Text>{seats.data.refused}</Text>
        </Alert>
      )}
      {held && (
        <Alert color="yellow" title="A large swing waits for you">
          <Stack align="flex-start" gap="xs">
            <Text>
              The bill would go to {held.quantity} seats, which was asked for <Ago time={held.since} />. Is that meant?
            </Text>
            {manages && (
              <Button onClick={() => approve.mutate()} loading={approve.isPending}>
                Approve {held.quantity} seats
              </Button>
            )}
          </Stack>
        </Alert>
      )}
      {ledger.data?.items.length === 0 && (
        <Empty title="Nothing was billed yet">
          <Text>The first active profile opens the ledger: a person whom Entra sends, or who signs in.</Text>
        </Empty>
      )}
      {ledger.data && ledger.data.items.length > 0 && (
        <Stack gap="xs">
          <Title order={2} size="h4">
            Ledger
          </Title>
          <DataTable label="Ledger" minWidth={480} columns={['When', 'What', 'Seats', 'Before', 'Why']}>
            {ledger.data.items.map((line) => (
              <LedgerLine key={`${line.at} ${line.kind} ${line.version}`} line={line} />
            ))}
          </DataTable>
        </Stack>
      )}
    </Page>
  );
}

function LedgerLine({ line }: { line: SeatRow }) {
  const { kind, at, quantity, before, version, reason, key } = line;
  return (
    <Table.Tr>
      <Table.Td>
        <Ago time={at} />
      </Table.Td>
      <Table.Td>
        <Badge color={kind === 'billed' ? '#1b6e34' : kind === 'refused' ? '#b42318' : 'gray'}>{kind}</Badge>
      </Table.Td>
      <Table.Td>{quantity}</Table.Td>
      <Table.Td>{before ?? '–'}</Table.Td>
      <Table.Td>
        {reason ?? why(line)}
        <Details>
          <Text size="sm">
            Version {version} of the team{key && ` · key ${key}`}
          </Text>
        </Details>
      </Table.Td>
    </Table.Tr>
  );
}

/** Why a line of the ledger is there, where the billing system does not say it itself. */
function why({ kind, quantity, before }: SeatRow): string {
  if (kind === 'held') return 'A large swing: the bill stays as it was until an owner approves it';
  if (before == null) return 'The first bill';
  if (quantity === before) return 'As before: nothing waits for an approval any more';
  return quantity > before ? 'More people are active than were billed' : 'Fewer people are active than were billed';
}

function Figure({ name, value }: { name: string; value: number | string }) {
  return (
    <Paper withBorder p="md">
      <Group justify="space-between">
        <Text>{name}</Text>
        <Text fw={700} size="xl">
          {value}
        </Text>
      </Group>
    </Paper>
  );
}
