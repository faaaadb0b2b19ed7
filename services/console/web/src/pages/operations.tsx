import type { LagReport } from '@claras/contracts/console-api';
import { type HealthReport, stateOf } from '@claras/contracts/health';
import { Badge, Paper, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ask } from '../api.ts';
import { Alarms } from '../operations/alarms.tsx';
import { Consumers } from '../operations/consumers.tsx';
import { DeadLetters } from '../operations/dead-letters.tsx';
import { seconds } from '../operations/seconds.ts';
import { DataTable } from '../shared/data-table.tsx';
import { Page } from '../shared/page.tsx';
import { Trouble } from '../shared/trouble.tsx';

/** It says 503 and what waits, where something waits. */
const health = (): Promise<HealthReport> => fetch('/health').then((response) => response.json() as Promise<HealthReport>);

/** Points of the chart: two minutes at one every 2 seconds. */
const kept = 60;

/** For the operator: what waits, for whom, since when, and what works. */
export function Operations() {
  const lag = useQuery({ queryKey: ['lag'], queryFn: () => ask<LagReport>('GET', '/lag') });
  const checks = useQuery({ queryKey: ['health'], queryFn: health });
  const [history, setHistory] = useState<number[]>([]);
  const { data, dataUpdatedAt } = lag;
  useEffect(() => {
    if (data && dataUpdatedAt) setHistory((before) => [...before, data.messages].slice(-kept));
  }, [data, dataUpdatedAt]);

  return (
    <Page title="Operations" about="How far every consumer is, and what everything stands on.">
      <Trouble error={lag.error ?? checks.error} />
      {data && (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <Paper withBorder p="md">
            <Text>Messages that wait</Text>
            <Text fw={700} size="xl">
              {data.messages}
            </Text>
            <Text c="dimmed">{data.messages > 0 ? `the oldest for ${seconds(data.seconds)}` : 'Everything is worked off.'}</Text>
          </Paper>
          <Paper withBorder p="md">
            <Text>In the last two minutes</Text>
            <Chart values={history} />
          </Paper>
        </SimpleGrid>
      )}
      {checks.data && (
        <Stack gap="xs">
          <Title order={2} size="h4">
            Health{' '}
            <Badge color={stateOf(checks.data, '') === 'ok' ? '#1b6e34' : '#b42318'}>{stateOf(checks.data, 'something waits')}</Badge>
          </Title>
          <DataTable label="Health" minWidth={360} columns={['Part', 'State', 'Detail']}>
            {Object.entries(checks.data.checks).map(([part, check]) => (
              <Table.Tr key={part}>
                <Table.Td>{part}</Table.Td>
                <Table.Td>{stateOf(check, 'waits')}</Table.Td>
                <Table.Td>{check.detail ?? ''}</Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        </Stack>
      )}
      <Alarms />
      <DeadLetters />
      {data && data.outboxes.length > 0 && (
        <Stack gap="xs">
          <Title order={2} size="h4">
            Outboxes
          </Title>
          <DataTable label="Outboxes" minWidth={360} columns={['Service', 'Not yet on the bus', 'Oldest']}>
            {data.outboxes.map(({ source, messages, seconds: age }) => (
              <Table.Tr key={source}>
                <Table.Td>{source}</Table.Td>
                <Table.Td>{messages}</Table.Td>
                <Table.Td>{messages > 0 ? seconds(age) : ''}</Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        </Stack>
      )}
      {data && <Consumers groups={data.groups} />}
    </Page>
  );
}

const [width, height] = [300, 60];

function Chart({ values }: { values: readonly number[] }) {
  const most = Math.max(1, ...values);
  const points = values.map((value, n) => `${(n * width) / (kept - 1)},${height - (value / most) * (height - 4) - 2}`).join(' ');
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width="100%" height={height} role="img" aria-label={`Messages that wait, at most ${most}`}>
      <polyline points={points} fill="none" stroke="currentColor" strokeWidth={2} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
