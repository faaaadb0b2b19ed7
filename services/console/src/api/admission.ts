import { createHash, timingSafeEqual } from 'node:crypto';
import type { Actor } from '@claras/directory/audit';
import type { Keys } from '@claras/directory/keys';
import type { Tenants } from '@claras/directory/tenants';
import { isTenantId } from '@claras/domain/tenant';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiProblem } from './api-problem.ts';

/** Who asks: the operator, to whom everything is open, or a tenant by its API key. */
type Caller = 'operator' | { tenant: string; key: string };

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, as the audit log names them. */
    actor: Actor;
  }
}

export interface AdmissionParts {
  /** The operator's token. */
  adminToken: string;
  keys: Keys;
  tenants: Tenants;
}

const noToken = 'Send an API key with the scope rest.full, or the operator’s token: Authorization: Bearer <token>.';
const refusals = {
  malformed: 'This is neither an API key nor the operator’s token. Send it as it was shown, with nothing before it.',
  unknown: 'This API key is not known. Make a new one under Settings > API.',
  expired: 'This API key has expired. Make a new one under Settings > API.',
  revoked: 'This API key was revoked. Make a new one under Settings > API.',
} as const;
const wrongScope = 'This API key does not open the REST API. Make one with the scope rest.full under Settings > API.';
const operatorOnly = 'This is for the operator alone. An API key opens what stands under /tenants/<its own tenant>.';
const otherTenant = 'This API key is of another tenant.';
const noTenant = 'There is no such tenant. List the tenants to see their ids.';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function identify({ adminToken, keys }: AdmissionParts) {
  const operator = digest(adminToken);

  return async (authorization: string | undefined): Promise<Caller> => {
    const token = /^bearer +(\S{1,512})$/i.exec(authorization ?? '')?.[1];
    if (!token) throw new ApiProblem('unauthorized', noToken);
    if (timingSafeEqual(digest(token), operator)) return 'operator';
    const verified = await keys.verify(token);
    if (!verified.ok) throw new ApiProblem('unauthorized', refusals[verified.reason]);
    if (!verified.scopes.includes('rest.full')) throw new ApiProblem('forbidden', wrongScope);
    return { tenant: verified.tenant, key: verified.id };
  };
}

/** An API key opens the routes with its own tenant in their path, and no other: what a new route does not say is closed. */
function assertAllowed(caller: Caller, tenant: string | undefined): void {
  if (caller === 'operator') return;
  if (tenant === undefined) throw new ApiProblem('forbidden', operatorOnly);
  if (tenant !== caller.tenant) throw new ApiProblem('forbidden', otherTenant);
}

/** Guards every route of the plugin, those that do not exist too (M14): 401 and 403 before anything is read or said. */
export function admit(app: FastifyInstance, parts: AdmissionParts): void {
  const callerOf = identify(parts);
  app.decorateRequest('actor', '');
  app.addHook('onRequest', async (request: FastifyRequest) => {
    const caller = await callerOf(request.headers.authorization);
    request.actor = caller === 'operator' ? caller : `key:${caller.key}`;
    if (request.is404) return;
    const { tenant } = request.params as { tenant?: string };
    assertAllowed(caller, tenant);
    if (tenant === undefined) return;
    if (!isTenantId(tenant) || !(await parts.tenants.get(tenant))) throw new ApiProblem('not-found', noTenant);
  });
}
