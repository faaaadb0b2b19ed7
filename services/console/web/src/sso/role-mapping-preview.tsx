import type { MappingPreview } from '@claras/contracts/console-api';
import { Alert, Loader, Stack, Table, Text, Title } from '@mantine/core';
import { DataTable } from '../shared/data-table.tsx';
import { Trouble } from '../shared/trouble.tsx';

const shown = 50;
type Because = MappingPreview['changes']['items'][number]['because'];
const reason = (because: Because): string => {
  const [wins, ...beaten] = because;
  if (!wins) return '';
  return beaten.length > 0 ? `${wins.group}, which beats ${beaten.map(({ group }) => group).join(', ')}` : wins.group;
};

/** Who would change from what to what, and why, before anything is saved. */
export function Preview({ preview, error, pending }: { preview: MappingPreview | undefined; error: Error | null; pending: boolean }) {
  if (pending) return <Loader size="sm" aria-label="Looking who would change" />;
  if (!preview) return <Trouble error={error} />;
  const { changes, owners, inForce, checked, roles } = preview;
  const losesManagers = roles.some(({ role, before, after }) => role === 'manager' && before > 0 && after === 0);
  return (
    <Stack gap="xs" component="section" aria-label="Preview">
      <Title order={3} size="h4" aria-live="polite">
        {changes.total === 0 ? 'Nobody changes' : `${changes.total} of ${checked} ${changes.total === 1 ? 'changes' : 'change'}`}
      </Title>
      {!inForce && <Text>SCIM is off for this provider: nothing happens until it is on.</Text>}
      {losesManagers && <Alert color="yellow">No manager would be left.</Alert>}
      {changes.total > 0 && (
        <DataTable label="Who changes" minWidth={420} columns={['Who', 'Now', 'After', 'Because of']}>
          {changes.items.slice(0, shown).map(({ profile, from, to, because }) => (
            <Table.Tr key={profile.id}>
              <Table.Td>{profile.displayName}</Table.Td>
              <Table.Td>{from}</Table.Td>
              <Table.Td>{to}</Table.Td>
              <Table.Td>{reason(because)}</Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
      {changes.total > shown && <Text size="sm">And {changes.total - Math.min(shown, changes.items.length)} more.</Text>}
      {owners.total > 0 && (
        <Text size="sm">
          <span aria-hidden>🔒 </span>
          {owners.total === 1 ? '1 owner stays owner' : `${owners.total} owners stay owners`}:{' '}
          {owners.items
            .slice(0, 5)
            .map(({ profile }) => profile.displayName)
            .join(', ')}
        </Text>
      )}
      <Text size="sm" c="dimmed">
        A role is no seat: the bill stays as it is.
      </Text>
    </Stack>
  );
}
