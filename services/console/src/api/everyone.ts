import type { TeamPage } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';
import type { Team } from '@claras/ports/core-app/core-app';

const pageSize = 1000;

/** Every profile of a team, page by page. */
export async function* everyone(team: Team, tenant: string): AsyncGenerator<Profile> {
  for await (const { profiles } of pages(team, tenant)) yield* profiles;
}

/** A team's pages. */
export async function* pages(team: Team, tenant: string): AsyncGenerator<TeamPage> {
  for (let after: string | undefined; ; ) {
    const page = await team.list(tenant, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    yield page;
    if (page.next === undefined) return;
    after = page.next;
  }
}
