import { SignInWays } from '@claras/contracts/console-api';
import type { Log } from '@claras/service-kit/log';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { ApiProblem } from '../api/api-problem.ts';
import { type OpenIdConnect, OpenIdRefusal, roundTripLife } from './openid-connect.ts';
import { forgetTrip, originOf, readCookie, readTrip, writeCookie, writeTrip } from './session-cookie.ts';
import { absoluteLife, type SignIn } from './sign-in.ts';

export interface OpenIdParts {
  signIn: SignIn;
  /** Absent: there are links only. */
  openId?: OpenIdConnect | undefined;
  publicUrl?: string | undefined;
  log: Log;
}

const Start = Type.Object({ tenant: Type.String({ minLength: 1, maxLength: 40 }), verify: Type.Optional(Type.Boolean()) });
const callback = '/session/openid/callback';

/** To the identity provider and back: full pages, since a browser goes there itself. */
export function openIdRoutes({ signIn, openId, publicUrl, log }: OpenIdParts): FastifyPluginAsyncTypebox {
  return async (app) => {
    const open = { config: { open: true } } as const;
    app.get('/session/ways', { schema: { response: { 200: SignInWays } }, ...open }, async () => ({ openId: openId !== undefined }));
    if (!openId) return;

    app.get('/session/openid', { schema: { querystring: Start }, ...open }, async (request, reply) => {
      const origin = originOf(request, publicUrl);
      const session = request.query.verify ? readCookie(request, origin) : undefined;
      if (request.query.verify && !session) throw new ApiProblem('unauthorized', 'Nobody is signed in. Sign in first.');
      const { url, sealed } = await openId.leave(request.query.tenant, `${origin}${app.prefix}${callback}`, session);
      writeTrip(reply, origin, sealed, roundTripLife / 1000);
      return reply.redirect(url, 303);
    });

    async function entered(request: FastifyRequest, reply: FastifyReply, origin: string): Promise<boolean> {
      const sealed = readTrip(request, origin);
      if (!sealed) return false;
      const { tenant, email, session } = await openId!.arrive(sealed, new URL(request.url, origin).search);
      if (session !== undefined) return session === readCookie(request, origin) && signIn.verify(session, { tenant, email });
      const cookie = await signIn.open({ tenant, email });
      if (cookie !== undefined) writeCookie(reply, origin, cookie, absoluteLife / 1000);
      return cookie !== undefined;
    }

    app.get(callback, { ...open }, async (request, reply) => {
      const origin = originOf(request, publicUrl);
      const isIn = await entered(request, reply, origin).catch((error: unknown) => {
        if (!(error instanceof OpenIdRefusal)) throw error;
        log.warn({ reason: error.message }, 'a sign-in at the identity provider was refused');
        return false;
      });
      forgetTrip(reply, origin);
      return reply.redirect(isIn ? '/console' : '/console/sign-in?refused', 303);
    });
  };
}
