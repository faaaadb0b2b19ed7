import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem } from '../api/api-problem.ts';

const session = 'claras-session';
const trip = 'claras-openid';

/** Where the browser sees the console: as configured, else as it was asked. */
export const originOf = (request: FastifyRequest, publicUrl?: string): string =>
  publicUrl ? new URL(publicUrl).origin : `${request.protocol}://${request.host}`;

const isLoopback = (origin: string): boolean => /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?$/.test(origin);
/** `__Host-` needs Secure, and Secure needs https: on the loopback of one's own machine a cookie goes without both. */
const nameFor = (name: string, origin: string): string => (origin.startsWith('https:') ? `__Host-${name}` : name);

function read(request: FastifyRequest, origin: string, kind: string): string | undefined {
  const name = nameFor(kind, origin);
  const found = (request.headers.cookie ?? '').split(/; */).filter((pair) => pair.startsWith(`${name}=`));
  const value = found.length === 1 ? found[0]?.slice(name.length + 1) : undefined;
  return value && /^[\w.-]{1,2000}$/.test(value) ? value : undefined;
}

/** `value` empty: forget it. Lax, so that the way back from the identity provider arrives signed in. */
function write(reply: FastifyReply, origin: string, kind: string, value: string, seconds: number): void {
  if (!origin.startsWith('https:') && !isLoopback(origin))
    throw new ApiProblem('forbidden', 'The console is open over https, or on this machine itself. Set PUBLIC_URL to its https address.');
  const secure = origin.startsWith('https:') ? '; Secure' : '';
  reply.header('set-cookie', `${nameFor(kind, origin)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure}`);
}

export const readCookie = (request: FastifyRequest, origin: string) => read(request, origin, session);
export const writeCookie = (reply: FastifyReply, origin: string, value: string, seconds: number) =>
  write(reply, origin, session, value, seconds);

/** A way to the identity provider and back, encrypted: the browser that left is the one that arrives. */
export const readTrip = (request: FastifyRequest, origin: string) => read(request, origin, trip);
export const writeTrip = (reply: FastifyReply, origin: string, value: string, seconds: number) =>
  write(reply, origin, trip, value, seconds);
export const forgetTrip = (reply: FastifyReply, origin: string) => write(reply, origin, trip, '', 0);

/** What a page must send back with each change: only a page of ours could read it. */
export const csrfOf = (cookie: string): string => createHash('sha256').update(`csrf ${cookie}`).digest('base64url');

export function assertSameOrigin({ headers }: FastifyRequest, origin: string): void {
  const from = headers.origin;
  if ((from !== undefined && from !== origin) || !['same-origin', 'none', undefined].includes(headers['sec-fetch-site'] as string))
    throw new ApiProblem('forbidden', 'This came from a page of another site. Open the console and do it there.');
}

export function assertCsrf(request: FastifyRequest, cookie: string, origin: string): void {
  assertSameOrigin(request, origin);
  const [given, wanted] = [Buffer.from(String(request.headers['x-csrf-token'] ?? '')), Buffer.from(csrfOf(cookie))];
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
    throw new ApiProblem('forbidden', 'The page is out of date. Load it again and repeat your change.');
}
