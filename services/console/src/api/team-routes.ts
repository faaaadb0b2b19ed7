import { NewTeamProfile, RoleByHand } from '@claras/contracts/console-api';
import { TeamPage } from '@claras/contracts/core-app';
import { Profile } from '@claras/contracts/events';
import { defaultRole } from '@claras/domain/role';
import type { Team } from '@claras/ports/core-app/core-app';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { assertNoKey, isKey } from './admission.ts';
import { OfProfile, OfTenant } from './params.ts';

const defaultLimit = 100;
const PageQuery = Type.Object({
  /** `next` of the page before. */
  after: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
});

/** The Team page: people, and what is done to them by hand (M11). */
export function teamRoutes(team: Team): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/tenants/:tenant/team',
      { schema: { params: OfTenant, querystring: PageQuery, response: { 200: TeamPage } } },
      async ({ params, query }) => team.list(params.tenant, { limit: defaultLimit, ...query }),
    );

    app.post(
      '/tenants/:tenant/team',
      { schema: { params: OfTenant, body: NewTeamProfile, response: { 201: Profile } } },
      async ({ params, actor, body }, reply) => {
        if (body.role === 'owner') assertNoKey(actor);
        return reply.code(201).send(await team.create(params.tenant, { role: defaultRole, ...body }));
      },
    );

    app.put(
      '/tenants/:tenant/team/:profile/role',
      { schema: { params: OfProfile, body: RoleByHand, response: { 200: Profile } } },
      async ({ params, actor, body: { role } }) => {
        if (role === 'owner') assertNoKey(actor);
        return team.byHand(params.tenant, params.profile, { command: 'change-role', role, by: actor });
      },
    );

    app.post(
      '/tenants/:tenant/team/:profile/archive',
      { schema: { params: OfProfile, response: { 200: Profile } } },
      async ({ params, actor }) => team.byHand(params.tenant, params.profile, { command: 'archive', by: actor }),
    );

    app.post(
      '/tenants/:tenant/team/:profile/restore',
      { schema: { params: OfProfile, response: { 200: Profile } } },
      async ({ params, actor }) => {
        const noOwner = isKey(actor) ? { unlessCurrentRole: 'owner' as const } : {};
        return team.byHand(params.tenant, params.profile, { command: 'restore', by: actor, ...noOwner });
      },
    );
  };
}
