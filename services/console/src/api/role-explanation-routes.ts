import { RoleExplanation } from '@claras/contracts/console-api';
import type { Audit } from '@claras/directory/audit';
import type { Providers } from '@claras/directory/providers';
import type { Users } from '@claras/directory/users';
import { isRole, type Role } from '@claras/domain/role';
import { explainRole } from '@claras/domain/role-explanation';
import type { Team } from '@claras/ports/core-app/core-app';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { ApiProblem } from './api-problem.ts';
import { everyone } from './everyone.ts';
import { OfProfile } from './params.ts';

interface Parts {
  team: Team;
  users: Pick<Users, 'groupsOf'>;
  providers: Providers;
  audit: Pick<Audit, 'list'>;
}

const pageSize = 1000;
/** Entries of the audit log that are looked through for the last change of one role. */
const mostRead = 20_000;

/** Why somebody on the Team page has the role that they have. */
export function roleExplanationRoutes({ team, users, providers, audit }: Parts): FastifyPluginAsyncTypebox {
  async function find(tenant: string, id: string) {
    for await (const profile of everyone(team, tenant)) if (profile.id === id) return profile;
    throw new ApiProblem('not-found', 'There is no such profile. List the team to see their ids.');
  }

  async function lastChange(tenant: string, id: string): Promise<{ at: string; by: string; to: Role } | undefined> {
    let before: number | undefined;
    for (let read = 0; read < mostRead; read += pageSize) {
      const entries = await audit.list(tenant, { limit: pageSize, ...(before === undefined ? {} : { before }) });
      const found = entries.find(({ action, subject }) => action === 'role.changed' && subject === `Profiles/${id}`);
      const { to } = (found?.details ?? {}) as { to?: unknown };
      if (found) return isRole(to) ? { at: found.time, by: found.by, to } : undefined;
      before = entries.at(-1)?.number;
      if (before === undefined) return undefined;
    }
    return undefined;
  }

  return async (app) => {
    app.get(
      '/tenants/:tenant/team/:profile/role',
      { schema: { params: OfProfile, response: { 200: RoleExplanation } } },
      async ({ params: { tenant, profile: id } }) => {
        const [profile, provider, last] = await Promise.all([find(tenant, id), providers.withScim(tenant), lastChange(tenant, id)]);
        const { displayName, email, status, role, scimId } = profile;
        const groups = scimId === undefined ? [] : await users.groupsOf(tenant, scimId);
        const { given, ...why } = explainRole({
          current: role,
          groups: groups.map(({ resource }) => String(resource.displayName)),
          mapping: provider?.mapping ?? {},
          last: last && { to: last.to, byHand: last.by !== 'scim' },
        });
        return {
          profile: { id, displayName, status, ...(email === undefined ? {} : { email }) },
          role,
          scim: provider !== undefined,
          ...why,
          ...(given === undefined ? {} : { given }),
          ...(last ? { last } : {}),
        };
      },
    );
  };
}
