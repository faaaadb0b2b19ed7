import type { TeamPage } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { ask, inTenant } from '../api.ts';

const pageSize = 500;
/** A team as it is looked at here; larger ones are for the command line. */
const mostPages = 40;

/** What is known of a team by now. `done`: no page of it is on its way; a very large team has more than what is here. */
export interface LoadedTeam {
  profiles: readonly Profile[];
  total: number;
  loaded: boolean;
  done: boolean;
  error: Error | null;
}

/** The whole team, asked for again when it has changed. `lookEvery`: ms between two looks whether it has. */
export function useTeam(tenant: string, lookEvery: number): LoadedTeam {
  const newest = useQuery({
    queryKey: ['team-version', tenant],
    queryFn: () => ask<TeamPage>('GET', inTenant(tenant, '/team?limit=1')),
    refetchInterval: lookEvery,
    // Each look is a new one, so that a whole team that could not be had is asked for again.
    structuralSharing: false,
  });
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ['team', tenant],
    queryFn: ({ pageParam }) => ask<TeamPage>('GET', inTenant(tenant, `/team?limit=${pageSize}${pageParam ? `&after=${pageParam}` : ''}`)),
    initialPageParam: '',
    getNextPageParam: ({ next }, pages) => (pages.length < mostPages ? next : undefined),
    refetchInterval: false,
  });
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const shownVersion = data?.pages[0]?.version ?? -1;
  useEffect(() => {
    if (newest.data && newest.data.version > shownVersion) void refetch({ cancelRefetch: false });
  }, [shownVersion, newest.data, refetch]);

  const profiles = useMemo(() => data?.pages.flatMap((page) => page.profiles) ?? [], [data]);
  const total = data?.pages.at(-1)?.total ?? 0;
  return { profiles, total, loaded: data !== undefined, done: data !== undefined && !hasNextPage, error: newest.error ?? error };
}
