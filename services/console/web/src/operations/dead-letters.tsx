import type { DeadLetter, DeadLetterPage, DeadLettersDecided } from '@claras/contracts/console-api';
import { Badge, Button, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api.ts';
import { Ago } from '../shared/ago.tsx';
import { DataTable } from '../shared/data-table.tsx';
import { Trouble } from '../shared/trouble.tsx';

const means = {
  applies: 'would be applied',
  superseded: 'superseded: changes nothing',
  fails: 'still fails',
  dropped: 'dropped',
} as const;

/** Records that a consumer could not read: what a replay would do, replay, drop. */
export function DeadLetters() {
  const { data, error } = useQuery({ queryKey: ['dead-letters'], queryFn: () => ask<DeadLetterPage>('GET', '/dead-letters') });
  const replaying = useQuery({
    queryKey: ['dead-letters', 'replaying'],
    queryFn: () => ask<DeadLetterPage>('GET', '/dead-letters?state=replaying'),
  });
  const [verdicts, setVerdicts] = useState<Record<string, string>>({});
  const dryRun = useMutation({
    mutationFn: () => ask<DeadLettersDecided>('POST', '/dead-letters/replay', { dryRun: true }),
    onSuccess: ({ items }) => setVerdicts(Object.fromEntries(items.map(({ id, verdict }) => [id, means[verdict]]))),
  });
  const replay = useMutation({
    mutationFn: (ids?: string[]) => ask<DeadLettersDecided>('POST', '/dead-letters/replay', ids ? { ids } : {}),
  });
  const drop = useMutation({ mutationFn: (id: string) => ask<DeadLettersDecided>('POST', '/dead-letters/drop', { ids: [id] }) });
  const total = data?.total ?? 0;
  const underWay = replaying.data?.total ?? 0;
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2} size="h4">
          Dead letters {total > 0 && <Badge color="#b42318">{total}</Badge>}
        </Title>
        {total > 0 && (
          <Group gap="xs">
            <Button variant="default" size="xs" onClick={() => dryRun.mutate()} loading={dryRun.isPending}>
              Dry run
            </Button>
            <Button size="xs" onClick={() => replay.mutate(undefined)} loading={replay.isPending}>
              Replay all
            </Button>
          </Group>
        )}
      </Group>
      <Trouble error={error ?? dryRun.error ?? replay.error ?? drop.error} />
      <Text c="dimmed" aria-live="polite">
        {underWay > 0 ? `${underWay} are being replayed.` : total === 0 && data ? 'None: every record was read.' : ''}
      </Text>
      {data && total > 0 && (
        <DataTable label="Dead letters" minWidth={720} columns={['Consumer', 'Record', 'Parked', 'Reason', 'A replay', 'Actions']}>
          {data.items.map((letter) => (
            <Row
              key={letter.id}
              letter={letter}
              verdict={verdicts[letter.id]}
              onReplay={() => replay.mutate([letter.id])}
              onDrop={() => drop.mutate(letter.id)}
            />
          ))}
        </DataTable>
      )}
    </Stack>
  );
}

function Row({
  letter,
  verdict,
  onReplay,
  onDrop,
}: {
  letter: DeadLetter;
  verdict: string | undefined;
  onReplay: () => void;
  onDrop: () => void;
}) {
  const { consumer, topic, partition, id, type, parked, reason, attempts } = letter;
  const place = `${topic} ${partition} ${Number(id.slice(id.lastIndexOf(':') + 1))}`;
  return (
    <Table.Tr>
      <Table.Td>{consumer}</Table.Td>
      <Table.Td>
        {type || 'no type'}
        <Text size="xs" c="dimmed">
          {place}
        </Text>
      </Table.Td>
      <Table.Td>
        <Ago time={parked} />, {attempts} {attempts === 1 ? 'attempt' : 'attempts'}
      </Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>{reason}</Table.Td>
      <Table.Td>{verdict ?? 'not tried'}</Table.Td>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <Button variant="default" size="xs" onClick={onReplay} aria-label={`Replay ${place}`}>
            Replay
          </Button>
          <Button variant="default" size="xs" onClick={onDrop} aria-label={`Drop ${place}`}>
            Drop
          </Button>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
