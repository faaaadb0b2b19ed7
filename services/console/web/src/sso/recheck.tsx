import type { RecheckProgress } from '@claras/contracts/console-api';
import { Progress, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ask, inTenant } from '../api.ts';

/** How far the re-check of everyone in mapped groups is, after a mapping was saved. */
export function Recheck({ tenant, since }: { tenant: string; since: number }) {
  const { data } = useQuery({
    queryKey: ['recheck', tenant, since],
    queryFn: () => ask<{ recheck: RecheckProgress | null }>('GET', inTenant(tenant, '/recheck')),
    refetchInterval: 500,
  });
  const recheck = data?.recheck;
  if (!recheck) return <Text aria-live="polite">The mapping is saved; everyone in its groups is looked at now.</Text>;
  const { done, total, changed, finished } = recheck;
  return (
    <Stack gap="xs" aria-live="polite">
      <Progress value={total === 0 ? 100 : (100 * done) / total} aria-label="Re-check" animated={!finished} />
      <Text>
        {finished ? `Done: ${total} looked at, ${changed} changed.` : `${done} of ${total} looked at, ${changed} changed so far.`}
      </Text>
    </Stack>
  );
}
