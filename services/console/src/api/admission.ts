import { createHash, timingSafeEqual } from 'node:crypto';
import type { Actor } from '@claras/directory/audit';
import type { Keys } from '@claras/directory/keys';
import type { Tenants } from '@claras/directory/tenants';
import { isTenantId } from '@claras/domain/tenant';
import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';
import { assertCsrf, originOf, readCookie } from '../sign-in/session-cookie.ts';
import type { SignedIn, SignIn } from '../sign-in/sign-in.ts';
import { ApiProblem, personOnly } from './api-problem.ts';

/** Who asks: the operator, to whom everything is open, a tenant by its API key, or a person of it who is signed in to the console. */
type Caller = { actor: Actor; tenant?: string; session?: SignedIn };

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, as the audit log names them. */
    actor: Actor;
  }
  interface FastifyContextConfig {
    /** Answers anyone. */
    open?: boolean;
    /** Changes nothing although it is a POST: what it asks for does not belong in a URL. */
    reads?: boolean;
    /** Asks a person to show first that it is them, which a key cannot. */
    verified?: boolean;
  }
}

export interface AdmissionParts {
  /** The operator's token. */
  adminToken: string;
  keys: Keys;
  tenants: Tenants;
  signIn: SignIn;
  now: () => number;
  publicUrl?: string | undefined;
}

const noToken = 'Send an API key with the scope rest.full, or the operator’s token: Authorization: Bearer <token>.';
const refusals = {
  malformed: 'This is neither an API key nor the operator’s token. Send it as it was shown, with nothing before it.',
  unknown: 'This API key is not known. Make a new one under Settings > API.',
  expired: 'This API key has expired. Make a new one under Settings > API.',
  revoked: 'This API key was revoked. Make a new one under Settings > API.',
  'token-expired': 'An access token opens SCIM alone, and this one has expired.',
  'trust-ended': 'An access token opens SCIM alone, and the trust that this one was given for has ended.',
} as const;
const wrongScope = 'This API key does not open the REST API. Make one with the scope rest.full under Settings > API.';
const operatorOnly = 'This is for the operator alone. An API key opens what stands under /tenants/<its own tenant>.';
const otherTenant = 'This API key is of another tenant.';
const signedOut = 'Your session has ended. Sign in again.';
const reads = 'A manager reads here. Ask an owner of the team to make the change.';
const needed = 'Show first that it is you: this asks for a sign-in within the last 5 minutes.';
const noTenant = 'There is no such tenant. List the tenants to see their ids.';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function identify({ adminToken, keys, signIn, publicUrl }: AdmissionParts) {
  const operator = digest(adminToken);

  async function bySession(request: FastifyRequest): Promise<Caller> {
    const origin = originOf(request, publicUrl);
    const cookie = readCookie(request, origin);
    if (!cookie) throw new ApiProblem('unauthorized', noToken);
    const session = await signIn.who(cookie, request.headers['x-background'] === undefined);
    if (!session) throw new ApiProblem('unauthorized', signedOut);
    if (!isRead(request)) assertCsrf(request, cookie, origin);
    const { person } = session;
    return person ? { actor: `profile:${person.profile.id}`, tenant: person.tenant, session } : { actor: 'operator', session };
  }

  return async (request: FastifyRequest): Promise<Caller> => {
    const { authorization } = request.headers;
    if (authorization === undefined && request.headers.cookie !== undefined) return bySession(request);
    const token = /^bearer +(\S{1,512})$/i.exec(authorization ?? '')?.[1];
    if (!token) throw new ApiProblem('unauthorized', noToken);
    if (timingSafeEqual(digest(token), operator)) return { actor: 'operator' };
    const verified = await keys.verify(token);
    if (!verified.ok) throw new ApiProblem('unauthorized', refusals[verified.reason]);
    if (!verified.scopes.includes('rest.full')) throw new ApiProblem('forbidden', wrongScope);
    keys.used(verified.id, 'rest');
    return { actor: `key:${verified.id}`, tenant: verified.tenant };
  };
}

const isRead = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD';

/** What a session may not do although its tenant may: a manager changes nothing, and a key asks for a sign-in just now. */
function assertSession(
  { person, verifiedUntil }: SignedIn,
  request: FastifyRequest,
  { verified, reads: onlyReads }: FastifyContextConfig,
  now: number,
): void {
  if (person?.profile.role === 'manager' && !isRead(request) && !onlyReads) throw new ApiProblem('forbidden', reads);
  if (verified && now >= verifiedUntil) throw new ApiProblem('verification-needed', needed);
}

/** An API key opens the routes with its own tenant in their path, and no other: what a new route does not say is closed. */
function assertAllowed(caller: Caller, tenant: string | undefined, { verified }: FastifyContextConfig): void {
  if (caller.tenant === undefined) return;
  if (tenant === undefined) throw new ApiProblem('forbidden', operatorOnly);
  if (tenant !== caller.tenant) throw new ApiProblem('forbidden', otherTenant);
  if (verified && !caller.session) throw new ApiProblem('forbidden', personOnly);
}

export const isKey = (actor: Actor): boolean => actor.startsWith('key:');

/** What gives power over the tenant, or spends its money, is for a person or the operator: whoever finds a key shall not rule by it. */
export function assertNoKey(actor: Actor): void {
  if (isKey(actor)) throw new ApiProblem('forbidden', personOnly);
}

/** Guards every route of the plugin, those that do not exist too (M14): 401 and 403 before anything is read or said. */
export function admit(app: FastifyInstance, parts: AdmissionParts): void {
  const callerOf = identify(parts);
  app.decorateRequest('actor', '');
  app.addHook('onRequest', async (request: FastifyRequest) => {
    const { config } = request.routeOptions;
    if (config.open) return;
    const caller = await callerOf(request);
    request.actor = caller.actor;
    if (request.is404) return;
    const { tenant } = request.params as { tenant?: string };
    assertAllowed(caller, tenant, config);
    if (caller.session) assertSession(caller.session, request, config, parts.now());
    if (tenant === undefined) return;
    if (!isTenantId(tenant) || !(await parts.tenants.get(tenant))) throw new ApiProblem('not-found', noTenant);
  });
}
