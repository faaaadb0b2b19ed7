import { CoreChange, changesPerCall, NewProfile, TeamCommand } from '@claras/contracts/core-app';
import { type CoreApp, type Team, TeamRefusal } from '@claras/ports/core-app/core-app';
import { internalApi } from '@claras/service-kit/internal-api';
import type { Log } from '@claras/service-kit/log';
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';

export const coreAppPath = '/core/v1';

const Id = Type.String({ minLength: 1, maxLength: 128 });
const Tenant = Type.Object({ tenant: Id });
const Changes = Type.Object({ changes: Type.Array(CoreChange, { maxItems: changesPerCall }) }, { additionalProperties: false });
const page = { after: Type.Optional(Id), limit: Type.Optional(Type.String({ pattern: '^\\d{1,4}$' })) };
const Page = Type.Object(page);
const Before = Type.Object({ ...page, before: Type.String({ pattern: '^\\d{1,16}$' }) });
const pageOf = ({ after, limit }: Static<typeof Page>) => ({ limit: Math.min(1000, Number(limit ?? 100)), ...(after ? { after } : {}) });
const Email = Type.Object({ email: Type.String({ maxLength: 254 }) });
const Sequence = Type.Object({ sequence: Type.Integer({ minimum: 1 }) }, { additionalProperties: false });
const Token = Type.Object({ token: Type.String({ maxLength: 128 }) });

const statuses = { 'not-found': 404, 'last-owner': 409, 'email-taken': 409, 'current-role': 409 } as const;
const known = (error: unknown) => (error instanceof TeamRefusal ? { status: statuses[error.code], code: error.code } : undefined);

/**
 * In bytes: 500 changes with four texts of 1,024 characters, which JSON may write as six bytes each, and 100 domains. A call that is refused for
 * its size would come again for ever, and its tenant wait.
 */
const longestCall = 32 * 1024 * 1024;

export function coreAppRoutes({ core, ...parts }: { core: CoreApp & Team; token: string; log: Log }) {
  return async (instance: FastifyInstance): Promise<void> => {
    internalApi(instance, { ...parts, known });
    // Fastify's own compiler strips what the first kind of change in the union does not have, and refuses the others.
    instance.setValidatorCompiler(TypeBoxValidatorCompiler);
    const app = instance.withTypeProvider<TypeBoxTypeProvider>();
    const params = Tenant;
    app.post('/tenants/:tenant/changes', { schema: { params, body: Changes }, bodyLimit: longestCall }, async (request) => ({
      outcomes: await core.apply(request.params.tenant, request.body.changes),
    }));
    app.get('/tenants/:tenant/seats', { schema: { params } }, (request) => core.seats(request.params.tenant));
    app.get('/tenants/:tenant/linked', { schema: { params, querystring: Before } }, ({ params: { tenant }, query }) =>
      core.linkedBefore(tenant, Number(query.before), pageOf(query)),
    );
    app.get('/tenants/:tenant/profiles', { schema: { params, querystring: Page } }, ({ params: { tenant }, query }) =>
      core.list(tenant, pageOf(query)),
    );
    app.post('/tenants/:tenant/profiles', { schema: { params, body: NewProfile } }, (request) =>
      core.create(request.params.tenant, request.body),
    );
    app.post(
      '/tenants/:tenant/profiles/:profile/command',
      { schema: { params: Type.Object({ tenant: Id, profile: Id }), body: TeamCommand } },
      (request) => core.byHand(request.params.tenant, request.params.profile, request.body),
    );
    app.post('/tenants/:tenant/sign-in', { schema: { params, body: Email } }, async (request) => {
      const token = await core.signIn(request.params.tenant, request.body.email);
      return token === undefined ? {} : { token };
    });
    app.post('/tenants/:tenant/session', { schema: { params, body: Token } }, async (request) => {
      const profile = await core.session(request.params.tenant, request.body.token);
      return profile ? { profile } : {};
    });
    app.post('/tenants/:tenant/erase', { schema: { params, body: Sequence } }, async (request) => {
      await core.erase(request.params.tenant, request.body.sequence);
      return {};
    });
    app.post('/tenants/:tenant/sign-out', { schema: { params, body: Token } }, async (request) => {
      await core.signOut(request.params.tenant, request.body.token);
      return {};
    });
  };
}
