import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem } from '../api/api-problem.ts';

/** `__Host-` needs Secure, and Secure needs https: on the loopback of one's own machine the cookie goes without both. */
const secureName = '__Host-claras-session';
const loopbackName = 'claras-session';

/** Where the browser sees the console: as configured, else as it was asked. */
export const originOf = (request: FastifyRequest, publicUrl?: string): string =>
  publicUrl ? new URL(publicUrl).origin : `${request.protocol}://${request.host}`;

const isLoopback = (origin: string): boolean => /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?$/.test(origin);
const nameFor = (origin: string): string => (origin.startsWith('https:') ? secureName : loopbackName);

export function readCookie(request: FastifyRequest, origin: string): string | undefined {
  const name = nameFor(origin);
  const found = (request.headers.cookie ?? '').split(/; */).filter((pair) => pair.startsWith(`${name}=`));
  const value = found.length === 1 ? found[0]?.slice(name.length + 1) : undefined;
  return value && /^[\w.-]{1,200}$/.test(value) ? value : undefined;
}

/** `value` empty: forget it. Lax, so that the way back from the identity provider arrives signed in. */
export function writeCookie(reply: FastifyReply, origin: string, value: string, seconds: number): void {
  if (!origin.startsWith('https:') && !isLoopback(origin))
    throw new ApiProblem('forbidden', 'The console is open over https, or on this machine itself. Set PUBLIC_URL to its https address.');
  const secure = origin.startsWith('https:') ? '; Secure' : '';
  reply.header('set-cookie', `${nameFor(origin)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure}`);
}

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
