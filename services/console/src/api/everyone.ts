import type { Profile } from '@claras/contracts/events';
import type { Team } from '@claras/ports/core-app/core-app';

const pageSize = 1000;

/** Every profile of a team, page by page. */
export async function* everyone(team: Team, tenant: string): AsyncGenerator<Profile> {
  for (let after: string | undefined; ; ) {
    const page = await team.list(tenant, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    yield* page.profiles;
    if (page.next === undefined) return;
    after = page.next;
  }
}
