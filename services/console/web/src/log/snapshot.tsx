import type { SnapshotReport } from '@claras/contracts/console-api';
import { Button, Progress, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, inTenant } from '../api.ts';
import { DialogForm } from '../shared/dialog-form.tsx';

/** The button that lets the directory say to every consumer all that it has. */
export function NewSnapshot({ tenant }: { tenant: string }) {
  const client = useQueryClient();
  const [opened, setOpened] = useState(false);
  const start = useMutation({
    mutationFn: () => ask<SnapshotReport>('POST', inTenant(tenant, '/snapshot')),
    onSuccess: (report) => {
      client.setQueryData(['snapshot', tenant], report);
      setOpened(false);
    },
  });
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        New snapshot
      </Button>
      {opened && (
        <DialogForm
          title="Go through everything once more?"
          submit="Start"
          error={start.error}
          pending={start.isPending}
          onSubmit={() => start.mutate()}
          onClose={() => setOpened(false)}
        >
          <Text>
            Claras goes through all people, groups and members that Entra has sent, and puts right what it has missed: for when something
            looks wrong here that Entra has right. It takes some minutes, and nobody is disturbed. What somebody changed by hand stays.
          </Text>
        </DialogForm>
      )}
    </>
  );
}

/** How far the snapshot is, while one is on its way. */
export function SnapshotProgress({ tenant }: { tenant: string }) {
  const { data } = useQuery({
    queryKey: ['snapshot', tenant],
    queryFn: () => ask<SnapshotReport>('GET', inTenant(tenant, '/snapshot')),
    refetchInterval: ({ state }) => (state.data?.wanted ? 500 : 5000),
  });
  if (!data?.wanted) return null;
  const { snapshot } = data;
  const runs = snapshot && !snapshot.finished ? snapshot : undefined;
  const [done, total] = runs ? [runs.users + runs.groups, runs.total.users + runs.total.groups] : [0, 0];
  return (
    <Stack gap="xs" aria-live="polite">
      <Progress value={total === 0 ? 0 : (100 * done) / total} aria-label="Snapshot" animated />
      <Text>
        {runs
          ? `Snapshot: ${runs.users} of ${runs.total.users} users, ${runs.groups} of ${runs.total.groups} groups.`
          : 'A snapshot begins.'}
      </Text>
    </Stack>
  );
}
