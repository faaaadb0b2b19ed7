import type { AuditEntry } from '@claras/contracts/console-api';
import { Code, Table, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { ask, inTenant } from '../api.ts';
import { auditSentence } from '../log/audit-sentence.ts';
import { useNames } from '../log/use-names.ts';
import { Ago } from '../shared/ago.tsx';
import { Details } from '../shared/details.tsx';
import { LongTable } from '../shared/long-table.tsx';
import { Empty, Page } from '../shared/page.tsx';
import { ShowOlder } from '../shared/show-older.tsx';
import { Trouble } from '../shared/trouble.tsx';

const pageSize = 100;

/** Who did what to keys, providers, mappings, roles and links, in sentences. */
export function AuditLog({ tenant }: { tenant: string }) {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['audit', tenant],
    queryFn: ({ pageParam }) =>
      ask<{ items: AuditEntry[] }>('GET', inTenant(tenant, `/audit-log?limit=${pageSize}${pageParam ? `&before=${pageParam}` : ''}`)),
    initialPageParam: 0,
    getNextPageParam: ({ items }) => (items.length === pageSize ? items.at(-1)?.number : undefined),
  });
  const { names } = useNames(tenant);
  const items = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title="Audit log" about="Who did what. Each entry seals the one before, so that none can be changed or taken away unseen.">
      <Trouble error={error} />
      {data && items.length === 0 && (
        <Empty title="Nothing yet">
          <Text>
            API keys that are made, providers and Role Mapping that are changed, and roles that people are given leave a line here.
          </Text>
        </Empty>
      )}
      {items.length > 0 && (
        <LongTable
          label="Audit log"
          columns={['When', 'Who did what', 'For support']}
          items={items}
          keyOf={({ number }) => number}
          row={(entry) => (
            <>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>
                <Ago time={entry.time} />
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{auditSentence(entry, names)}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }} maw={360}>
                <Details>
                  <Text size="sm">
                    Number {entry.number} · <Code>{entry.action}</Code> · by <Code>{entry.by}</Code> · <Code>{entry.subject}</Code>
                  </Text>
                  <Code>{JSON.stringify(entry.details)}</Code>
                </Details>
              </Table.Td>
            </>
          )}
        />
      )}
      <ShowOlder {...{ hasNextPage, isFetchingNextPage, fetchNextPage }} />
    </Page>
  );
}
