import type { ApiKey, Provider } from '@claras/contracts/console-api';
import type { Profile } from '@claras/contracts/events';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { ask, inTenant } from '../api.ts';
import { useTeam } from '../shared/use-team.ts';
import type { Names } from './names.ts';

/** ms between two looks whether names are others. */
const [teamEvery, othersEvery] = [2000, 30_000];

/** The names of now: the logs have ids, and keep no name of a person from the team. */
export function useNames(tenant: string): { names: Names; profiles: readonly Profile[] } {
  const { profiles, total, done } = useTeam(tenant, teamEvery);
  const keys = useQuery({
    queryKey: ['keys', tenant],
    queryFn: () => ask<{ items: ApiKey[] }>('GET', inTenant(tenant, '/keys')),
    refetchInterval: othersEvery,
  }).data?.items;
  const providers = useQuery({
    queryKey: ['providers', tenant],
    queryFn: () => ask<{ items: Provider[] }>('GET', inTenant(tenant, '/providers')),
    refetchInterval: othersEvery,
  }).data?.items;
  const names = useMemo(
    () => ({
      profiles: new Map(profiles.map(({ id, displayName }) => [id, displayName])),
      users: new Map(profiles.flatMap(({ scimId, displayName }) => (scimId === undefined ? [] : [[scimId, displayName]]))),
      keys: byId(keys),
      providers: byId(providers),
      whole: done && profiles.length >= total,
    }),
    [profiles, total, done, keys, providers],
  );
  return { names, profiles };
}

const byId = (items: readonly { id: string; name: string }[] = []) => new Map(items.map(({ id, name }) => [id, name]));
