import { ConsoleLink, NewConsoleLink, OneTimeToken, SessionReport } from '@claras/contracts/console-api';
import type { Tenants } from '@claras/directory/tenants';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { ApiProblem } from '../api/api-problem.ts';
import { assertCsrf, assertSameOrigin, csrfOf, originOf, readCookie, writeCookie } from './session-cookie.ts';
import { absoluteLife, linkLife, type SignIn, type Subject } from './sign-in.ts';

export interface SessionParts {
  signIn: SignIn;
  tenants: Tenants;
  now: () => number;
  publicUrl?: string | undefined;
  tenantUrl?: string | undefined;
}

const linkSpent = 'This link was used already or is older than an hour. Ask for a new one: npx claras-scim console link.';
const notOpen = 'The console is open to active owners and managers of the team.';
const notYou = 'This link is for someone else. Use one that was made for you.';
const signedOut = 'Nobody is signed in. Open a sign-in link.';
const Nothing = Type.Object({}, { additionalProperties: false });

/** Signing in and out of the console, and who is signed in. */
export function sessionRoutes({ signIn, tenants, now, publicUrl, tenantUrl }: SessionParts): FastifyPluginAsyncTypebox {
  const origin = (request: FastifyRequest) => originOf(request, publicUrl);

  async function redeemed(token: string): Promise<Subject> {
    const subject = await signIn.redeem(token);
    if (!subject) throw new ApiProblem('unauthorized', linkSpent);
    return subject;
  }

  async function report(request: FastifyRequest, cookie: string | undefined): Promise<SessionReport> {
    const signedIn = cookie && (await signIn.who(cookie, request.headers['x-background'] === undefined));
    if (!cookie || !signedIn) throw new ApiProblem('unauthorized', signedOut);
    const { person, verifiedUntil, ends } = signedIn;
    return {
      ...(person ? { tenant: person.tenant, profile: person.profile } : {}),
      manages: person?.profile.role !== 'manager',
      csrf: csrfOf(cookie),
      verifiedUntil: new Date(verifiedUntil).toISOString(),
      ends: new Date(ends).toISOString(),
      tenantUrl: tenantUrl ?? `${origin(request)}/api/scim/v2`,
    };
  }

  return async (app) => {
    const open = { config: { open: true } } as const;

    app.get('/session', { schema: { response: { 200: SessionReport } }, ...open }, (request) =>
      report(request, readCookie(request, origin(request))),
    );

    app.post('/session', { schema: { body: OneTimeToken, response: { 201: SessionReport } }, ...open }, async (request, reply) => {
      assertSameOrigin(request, origin(request));
      const cookie = await signIn.open(await redeemed(request.body.token));
      if (!cookie) throw new ApiProblem('forbidden', notOpen);
      writeCookie(reply, origin(request), cookie, absoluteLife / 1000);
      return reply.code(201).send(await report(request, cookie));
    });

    app.post('/session/verification', { schema: { body: OneTimeToken, response: { 200: SessionReport } }, ...open }, async (request) => {
      const cookie = readCookie(request, origin(request));
      if (!cookie) throw new ApiProblem('unauthorized', signedOut);
      assertCsrf(request, cookie, origin(request));
      if (!(await signIn.verify(cookie, await redeemed(request.body.token)))) throw new ApiProblem('forbidden', notYou);
      return report(request, cookie);
    });

    app.delete('/session', { schema: { response: { 200: Nothing } }, ...open }, async (request, reply) => {
      const cookie = readCookie(request, origin(request));
      if (cookie) {
        assertCsrf(request, cookie, origin(request));
        await signIn.close(cookie);
      }
      writeCookie(reply, origin(request), '', 0);
      return {};
    });

    app.post('/console-links', { schema: { body: NewConsoleLink, response: { 201: ConsoleLink } } }, async (request, reply) => {
      const { tenant, email } = request.body;
      if ((tenant === undefined) !== (email === undefined))
        throw new ApiProblem('invalid', 'Name a tenant and an e-mail address, or neither.');
      if (tenant !== undefined && !(await tenants.get(tenant))) throw new ApiProblem('not-found', 'There is no such tenant.');
      const token = await signIn.link(tenant === undefined || email === undefined ? { operator: true } : { tenant, email });
      const expires = new Date(now() + linkLife).toISOString();
      return reply.code(201).send({ url: signInUrl(origin(request), token), expires });
    });
  };
}

/** The token stands behind the #, which no server and no log ever sees. */
export const signInUrl = (origin: string, token: string): string => `${origin}/console/sign-in#${token}`;
