import type { ProvisioningEntry } from '@claras/contracts/console-api';
import { Badge, Code, List, Stack, Table, Text } from '@mantine/core';
import { Ago } from '../shared/ago.tsx';
import { Details } from '../shared/details.tsx';
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
  return (
    <Badge color={colors[status]} miw="max-content">
      {status}
    </Badge>
  );
}

/** What became of an entry and what is to be done about it; folded behind it the request, what it changed, and what each consumer did. */
export function Entry({ entry }: { entry: ProvisioningEntry }) {
  const { time, type, subject, request, changes, refused, ignored, results, resultsTotal, traceparent, id, consumers } = entry;
  const trace = traceOf(traceparent);
  const waiting = consumers.filter(({ done }) => !done).map(({ consumer }) => consumer);
  const reasons = new Set(results.flatMap(({ outcome, reason }) => (outcome === 'refused' && reason ? [reason] : [])));
  return (
    <Stack gap={6}>
      <Text size="sm" c="dimmed">
        <StatusBadge entry={entry} /> <Ago time={time} />
      </Text>
      {refused && <Refused refused={refused} />}
      {ignored && <Ignored {...ignored} />}
      {[...reasons].map((reason) => (
        <Remedy key={reason} reason={reason} />
      ))}
      {waiting.length > 0 && <Text size="sm">Claras is still at work on it. There is nothing to do.</Text>}
      <Details>
        <Text size="sm">
          <Code>{type}</Code> · number {id} · <Code>{subject}</Code>
          {request && (
            <>
              {' '}
              · <Code>{request}</Code>
            </>
          )}
          {refused && (
            <>
              {' '}
              · answered{' '}
              <Code>
                {refused.status} {refused.scimType}
              </Code>{' '}
              to the API key <Code>{refused.key}</Code>
            </>
          )}
          {trace && (
            <>
              {' '}
              · trace <Code>{trace}</Code>
            </>
          )}
        </Text>
        {changes.length > 0 && <Changes changes={changes} />}
        {results.length > 0 && (
          <List size="sm" spacing={4}>
            {results.map(({ consumer, user, facet, outcome, reason, at }) => (
              <List.Item key={`${consumer} ${user} ${facet}`}>
                {consumer}: {facet} {outcome}, <Ago time={at} />
                {reason && ` (${reason})`}
              </List.Item>
            ))}
          </List>
        )}
        {resultsTotal > results.length && <Text size="sm">And {resultsTotal - results.length} more results.</Text>}
        {waiting.length > 0 && <Text size="sm">Not yet seen by {waiting.join(', ')}.</Text>}
      </Details>
    </Stack>
  );
}

function Changes({ changes }: Pick<ProvisioningEntry, 'changes'>) {
  return (
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
  );
}

function Refused({ refused }: { refused: NonNullable<ProvisioningEntry['refused']> }) {
  const { detail, more } = refused;
  return (
    <>
      <Text size="sm">
        {detail} <strong>{remedyForAnswer(refused)}</strong>
      </Text>
      {more && <Text size="sm">And {more} more were refused in that minute.</Text>}
    </>
  );
}

function Ignored({ ignored, more }: NonNullable<ProvisioningEntry['ignored']>) {
  return (
    <>
      <Text size="sm">
        Left out: <Code>{ignored.join(', ')}</Code>.{' '}
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
