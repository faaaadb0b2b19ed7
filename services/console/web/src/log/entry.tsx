import type { ProvisioningEntry } from '@claras/contracts/console-api';
import { Badge, Code, List, Stack, Table, Text } from '@mantine/core';
import { Ago } from '../shared/ago.tsx';
import { Wide } from '../shared/wide.tsx';
import { remedyFor, remedyForAnswer } from './remedies.ts';

const fewShown = 3;
function said(value: unknown): string {
  if (value === undefined) return '–';
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.length > fewShown)
    return `${value.slice(0, fewShown).map(said).join(', ')} and ${value.length - fewShown} more`;
  return JSON.stringify(value);
}

/** `00-<trace>-<span>-<flags>` (W3C Trace Context): the trace ties a request to its event and its effects. */
const traceOf = (traceparent: string | undefined) => traceparent?.split('-')[1];

export type Status = 'done' | 'refused' | 'under way';
export const statusOf = ({ refused, results, consumers }: ProvisioningEntry): Status => {
  if (refused || results.some(({ outcome }) => outcome === 'refused')) return 'refused';
  return consumers.every(({ done }) => done) ? 'done' : 'under way';
};
const colors = { done: '#1b6e34', refused: '#b42318', 'under way': 'gray' } as const;

export function StatusBadge({ entry }: { entry: ProvisioningEntry }) {
  const status = statusOf(entry);
  return <Badge color={colors[status]}>{status}</Badge>;
}

/** A request, what it changed, and what each consumer did about it. */
export function Entry({ entry }: { entry: ProvisioningEntry }) {
  const { time, type, request, changes, refused, ignored, results, resultsTotal, traceparent, id, consumers } = entry;
  const trace = traceOf(traceparent);
  const waiting = consumers.filter(({ done }) => !done).map(({ consumer }) => consumer);
  return (
    <Stack gap={6}>
      <Text>
        <strong>{type}</strong> <StatusBadge entry={entry} />
      </Text>
      <Text size="sm" c="dimmed">
        <Ago time={time} /> · number {id}
        {request && (
          <>
            {' '}
            · <Code>{request}</Code>
          </>
        )}
        {trace && (
          <>
            {' '}
            · trace <Code>{trace}</Code>
          </>
        )}
      </Text>
      {refused && <Refused refused={refused} />}
      {ignored && <Ignored {...ignored} />}
      {changes.length > 0 && (
        <Wide label="Changes" minWidth={320}>
          <Table fz="sm" layout="fixed">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Attribute</Table.Th>
                <Table.Th>Old</Table.Th>
                <Table.Th>New</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {changes.map((change) => (
                <Table.Tr key={change.attribute}>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{change.attribute}</Table.Td>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{said(change.old)}</Table.Td>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{said(change.new)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
      {results.length > 0 && (
        <List size="sm" spacing={4}>
          {results.map(({ consumer, user, facet, outcome, reason, at }) => (
            <List.Item key={`${consumer} ${user} ${facet}`}>
              {consumer}: {facet} {outcome}, <Ago time={at} />
              {outcome === 'refused' && reason && <Remedy reason={reason} />}
            </List.Item>
          ))}
        </List>
      )}
      {resultsTotal > results.length && <Text size="sm">And {resultsTotal - results.length} more results.</Text>}
      {waiting.length > 0 && <Text size="sm">Not yet seen by {waiting.join(', ')}.</Text>}
    </Stack>
  );
}

function Refused({ refused }: { refused: NonNullable<ProvisioningEntry['refused']> }) {
  const { status, scimType, detail, key, more } = refused;
  return (
    <>
      <Text size="sm">
        Answered{' '}
        <Code>
          {status} {scimType}
        </Code>{' '}
        to the API key <Code>{key}</Code>: {detail} <strong>{remedyForAnswer(refused)}</strong>
      </Text>
      {more && <Text size="sm">And {more} more were refused in that minute.</Text>}
    </>
  );
}

function Ignored({ ignored, more }: NonNullable<ProvisioningEntry['ignored']>) {
  return (
    <>
      <Text size="sm">
        The request was taken without <Code>{ignored.join(', ')}</Code>.{' '}
        {ignored.includes('members') && (
          <>
            Some members are no users here. <strong>Assign them to the application in Entra, then restart provisioning.</strong>{' '}
          </>
        )}
        {ignored.some((name) => name !== 'members') && (
          <>
            Claras has no such attributes. <strong>Remove them from the attribute mapping in Entra, or register a schema extension.</strong>
          </>
        )}
      </Text>
      {more && <Text size="sm">And of {more} more requests in that minute something was left out.</Text>}
    </>
  );
}

function Remedy({ reason }: { reason: string }) {
  const { cause, next } = remedyFor(reason);
  return (
    <Text size="sm">
      {cause} <strong>{next}</strong>
    </Text>
  );
}
