import type { MappingPreview } from '@claras/contracts/console-api';
import { Alert, Loader, Stack, Table, Text, Title } from '@mantine/core';
import { DataTable } from '../shared/data-table.tsx';
import { Lock } from '../shared/lock.tsx';
import { Trouble } from '../shared/trouble.tsx';

const shown = 50;
type Because = MappingPreview['changes']['items'][number]['because'];
const reason = (because: Because): string => {
  const [wins, ...beaten] = because;
  if (!wins) return '';
  return beaten.length > 0 ? `${wins.group}, which beats ${beaten.map(({ group }) => group).join(', ')}` : wins.group;
};
const people = (n: number): string => (n === 1 ? '1 person' : `${n} people`);

/** Who would change from what to what, and why, before anything is saved. */
export function Preview({ preview, error, pending }: { preview: MappingPreview | undefined; error: Error | null; pending: boolean }) {
  if (pending) return <Loader size="sm" aria-label="Looking who would change" />;
  if (!preview) return <Trouble error={error} />;
  const { changes, owners, inForce, checked } = preview;
  const left = changes.total + owners.total - Math.min(shown, changes.items.length) - Math.min(shown, owners.items.length);
  return (
    <Stack gap="xs" component="section" aria-label="Preview">
      <Title order={3} size="h4" aria-live="polite">
        {changes.total === 0 ? 'Nobody changes' : `${changes.total} of ${checked} ${changes.total === 1 ? 'changes' : 'change'}`}
      </Title>
      {!inForce && <Text>SCIM is off for this provider: nothing happens until it is on.</Text>}
      <Warnings {...preview} />
      {changes.total + owners.total > 0 && (
        <DataTable label="Who changes" minWidth={420} columns={['Who', 'Now', 'After', 'Because of']}>
          {changes.items.slice(0, shown).map(({ profile, from, to, because }) => (
            <Table.Tr key={profile.id}>
              <Table.Td>{profile.displayName}</Table.Td>
              <Table.Td>{from}</Table.Td>
              <Table.Td>{to}</Table.Td>
              <Table.Td>{reason(because)}</Table.Td>
            </Table.Tr>
          ))}
          {owners.items.slice(0, shown).map(({ profile, wanted, because }) => (
            <Table.Tr key={profile.id}>
              <Table.Td>{profile.displayName}</Table.Td>
              <Table.Td>owner</Table.Td>
              <Table.Td>
                <Lock /> stays owner
              </Table.Td>
              <Table.Td>
                {reason(because)} would give {wanted}
              </Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
      {left > 0 && <Text size="sm">And {left} more.</Text>}
    </Stack>
  );
}

/** What somebody should know before, and what does not change. */
function Warnings({ roles, seats, owners }: MappingPreview) {
  const countOf = (wanted: string) => roles.find(({ role }) => role === wanted) ?? { before: 0, after: 0 };
  const [owner, manager] = [countOf('owner'), countOf('manager')];
  const newOwners = owner.after - owner.before;
  return (
    <>
      {newOwners > 0 && (
        <Alert color="yellow" title={`${people(newOwners)} would become owner`}>
          An owner manages everything here: keys, roles, the bill. It is not undone by changing the mapping back, only on the Team page.
        </Alert>
      )}
      {manager.before > 0 && manager.after === 0 && <Alert color="yellow">No manager would be left.</Alert>}
      {owners.total > 0 && (
        <Text size="sm">
          <Lock /> An owner never gets a lower role by mapping: {people(owners.total)} {owners.total === 1 ? 'stays' : 'stay'} owner. To
          change that, use the Team page.
        </Text>
      )}
      <Text size="sm" c="dimmed">
        {seats.before === seats.after ? `Seats stay at ${seats.after}: a role is no seat.` : `Seats: ${seats.before} → ${seats.after}.`}
      </Text>
    </>
  );
}
