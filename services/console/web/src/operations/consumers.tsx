import type { ConsumerState, LagReport } from '@claras/contracts/console-api';
import { Badge, Button, Stack, Table, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api.ts';
import { Ago } from '../shared/ago.tsx';
import { DataTable } from '../shared/data-table.tsx';
import { DialogForm } from '../shared/dialog-form.tsx';
import { seconds } from './seconds.ts';

type Group = LagReport['groups'][number];

/** What does not happen while it is paused. */
const waits: Record<string, string> = {
  'profile-sync': 'Names and e-mail addresses stay as they are; people who are new in Entra do not arrive.',
  'role-mapper': 'Roles stay as they are.',
  archiver: 'People whom Entra deactivates keep their access until it is resumed.',
  'billing-sync': 'The billed seats stay as they are.',
  'billing-sync-control': 'Approvals of held seats are not obeyed.',
  'provisioning-log': 'The provisioning log gets no new requests.',
  'provisioning-log-outcomes': 'The provisioning log does not hear what became of requests.',
  'audit-log': 'The audit log gets no changes of roles and access.',
  snapshots: 'Readers that missed something get no snapshot.',
};

/** How far each consumer is, and the way to pause it. */
export function Consumers({ groups }: { groups: readonly Group[] }) {
  const [asked, setAsked] = useState<string>();
  const decide = useMutation({
    mutationFn: ({ consumer, verb }: { consumer: string; verb: 'pause' | 'resume' }) =>
      ask<ConsumerState>('POST', `/consumers/${consumer}/${verb}`),
    onSuccess: () => setAsked(undefined),
  });
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Consumer lag
      </Title>
      <DataTable label="Consumer lag" minWidth={640} columns={['Consumer', 'Topic', 'Partition', 'Messages', 'Oldest', 'State', 'Actions']}>
        {groups.flatMap((group) => [
          <ConsumerRow
            key={`${group.group} ${group.topic}`}
            group={group}
            pending={decide.isPending && decide.variables.consumer === group.group}
            onPause={() => setAsked(group.group)}
            onResume={() => decide.mutate({ consumer: group.group, verb: 'resume' })}
          />,
          ...group.partitions.map((part) => (
            <Table.Tr key={`${group.group} ${group.topic} ${part.partition}`}>
              <Table.Td />
              <Table.Td />
              <Table.Td>{part.partition}</Table.Td>
              <Table.Td>{part.messages}</Table.Td>
              <Table.Td>{seconds(part.seconds)}</Table.Td>
              <Table.Td />
              <Table.Td />
            </Table.Tr>
          )),
        ])}
      </DataTable>
      {asked && (
        <DialogForm
          title={`Pause ${asked}?`}
          submit="Pause"
          error={decide.error}
          pending={decide.isPending}
          onSubmit={() => decide.mutate({ consumer: asked, verb: 'pause' })}
          onClose={() => setAsked(undefined)}
        >
          <Text>It finishes what it has begun and takes nothing more, for every tenant, until it is resumed. Nothing is lost.</Text>
          <Text fw={500}>{waits[asked]}</Text>
        </DialogForm>
      )}
    </Stack>
  );
}

function ConsumerRow({
  group: { group, topic, messages, seconds: age, paused },
  pending,
  onPause,
  onResume,
}: {
  group: Group;
  pending: boolean;
  onPause: () => void;
  onResume: () => void;
}) {
  const verb = paused ? 'Resume' : 'Pause';
  return (
    <Table.Tr>
      <Table.Td>{group}</Table.Td>
      <Table.Td>{topic}</Table.Td>
      <Table.Td>all</Table.Td>
      <Table.Td>{messages}</Table.Td>
      <Table.Td>{seconds(age)}</Table.Td>
      <Table.Td>
        {paused ? (
          <>
            <Badge color="#8a5300">paused</Badge>
            <Text size="xs" c="dimmed">
              by {paused.by}, <Ago time={paused.since} />
            </Text>
          </>
        ) : (
          'runs'
        )}
      </Table.Td>
      <Table.Td>
        <Button variant="default" size="xs" onClick={paused ? onResume : onPause} loading={pending} aria-label={`${verb} ${group}`}>
          {verb}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}
