import { type CoreOutcome, changesPerCall, type LinkedPage, type Seats, type TeamPage } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';
import { jsonClient, Refused } from '../json-client.ts';
import { type CoreApp, CoreAppUnavailable, type Team, TeamRefusal, teamRefusals } from './core-app.ts';

const queryOf = ({ after, limit }: { after?: string; limit: number }): URLSearchParams =>
  new URLSearchParams({ limit: String(limit), ...(after ? { after } : {}) });

/** The core app over HTTP. */
export function httpCoreApp({ url, token }: { url: string; token: string }): CoreApp & Team {
  const ask = jsonClient({ url, token, unavailable: (message) => new CoreAppUnavailable(`the core app: ${message}`) });
  const at = (tenant: string, rest: string) => `/core/v1/tenants/${encodeURIComponent(tenant)}/${rest}`;

  const orRefusal = (error: unknown): never => {
    const code = error instanceof Refused && teamRefusals.find((one) => one === error.code);
    throw code ? new TeamRefusal(code, (error as Refused).message) : error;
  };

  return {
    async apply(tenant, changes) {
      const outcomes: CoreOutcome[] = [];
      for (let n = 0; n < changes.length; n += changesPerCall) {
        const answer = await ask<{ outcomes: CoreOutcome[] }>('POST', at(tenant, 'changes'), {
          changes: changes.slice(n, n + changesPerCall),
        });
        outcomes.push(...answer!.outcomes);
      }
      return outcomes;
    },
    seats: async (tenant) => (await ask<Seats>('GET', at(tenant, 'seats'))) as Seats,
    linkedBefore: async (tenant, sequence, page) =>
      (await ask<LinkedPage>('GET', at(tenant, `linked?${queryOf(page)}&before=${sequence}`))) as LinkedPage,
    list: async (tenant, page) => (await ask<TeamPage>('GET', at(tenant, `profiles?${queryOf(page)}`))) as TeamPage,
    byHand: async (tenant, profile, command) =>
      (await ask<Profile>('POST', at(tenant, `profiles/${encodeURIComponent(profile)}/command`), command).catch(orRefusal)) as Profile,
    create: async (tenant, profile) => (await ask<Profile>('POST', at(tenant, 'profiles'), profile).catch(orRefusal)) as Profile,
    signIn: async (tenant, email) => (await ask<{ token?: string }>('POST', at(tenant, 'sign-in'), { email }))?.token,
    session: async (tenant, session) => (await ask<{ profile?: Profile }>('POST', at(tenant, 'session'), { token: session }))?.profile,
    erase: async (tenant, sequence) => void (await ask('POST', at(tenant, 'erase'), { sequence })),
    signOut: async (tenant, session) => void (await ask('POST', at(tenant, 'sign-out'), { token: session })),
  };
}
