import type { Profile } from '@claras/contracts/events';
import type { Durable } from '@claras/directory/transact';
import type { Team } from '@claras/ports/core-app/core-app';
import type { Scope } from '@claras/ports/store/store';
import { expiring, newSecret } from '@claras/service-kit/expiring';

/** The console's own slice of the store. It has no events. */
const scope: Scope = 'console/';
const minute = 60_000;
export const linkLife = 60 * minute;
export const idleLife = 30 * minute;
export const absoluteLife = 12 * 60 * minute;
/** How long "it is you" holds for making and rotating keys. */
export const verifiedLife = 5 * minute;
const seenEvery = minute;

/** Whom a one-time link lets in: the operator, or a person of a tenant. */
export type Subject = { operator: true } | { tenant: string; email: string };

interface Link {
  subject: Subject;
  end: number;
}
interface Session {
  /** Absent: the operator. */
  tenant?: string;
  began: number;
  seen: number;
  verified: number;
}

/** Who is signed in to the console. `person` absent: the operator. */
export interface SignedIn {
  person?: { tenant: string; profile: Profile };
  /** Milliseconds since 1970 until which keys may be made and rotated. */
  verifiedUntil: number;
  /** Milliseconds since 1970 at which the session ends, whatever is done. */
  ends: number;
}

const tokenIn = (cookie: string, tenant: string): string => cookie.slice(tenant.length + 1);

/** An owner manages, a manager reads; an adviser and an assistant have nothing to do here. */
const mayEnter = ({ role }: Profile): boolean => role === 'owner' || role === 'manager';

/**
 * Sign-in to the console. A person's session is the core app's, asked at each request: whoever is archived or loses the role is out at once.
 * The cookie holds the core app's token; here stands only its hash, and when it was seen.
 */
export function signIn({ team, ...durable }: Durable & { team: Team }) {
  const { runtime } = durable;
  const links = expiring<Link>(durable, scope, 'link');
  const records = expiring<Session>(durable, scope, 'session');

  async function link(subject: Subject): Promise<string> {
    const token = newSecret();
    const end = runtime.now() + linkLife;
    await links.add(token, { subject, end }, end);
    return token;
  }

  /** The subject of a link, once. */
  async function redeem(token: string): Promise<Subject | undefined> {
    const entry = await links.read(token);
    if (!entry || entry.value.end <= runtime.now() || !(await links.take(token, entry))) return undefined;
    return entry.value.subject;
  }

  /** The cookie of a new session; undefined for whom the console is not open. */
  async function open(subject: Subject): Promise<string | undefined> {
    const cookie = 'operator' in subject ? `.${newSecret()}` : await personal(subject);
    if (cookie === undefined) return undefined;
    const now = runtime.now();
    const tenant = cookie.slice(0, cookie.indexOf('.'));
    await records.add(cookie, { ...(tenant ? { tenant } : {}), began: now, seen: now, verified: now }, now + absoluteLife);
    return cookie;
  }

  async function personal({ tenant, email }: { tenant: string; email: string }): Promise<string | undefined> {
    const token = await team.signIn(tenant, email);
    const profile = token === undefined ? undefined : await team.session(tenant, token);
    return profile && mayEnter(profile) ? `${tenant}.${token}` : undefined;
  }

  async function personOf(cookie: string, tenant: string): Promise<SignedIn['person']> {
    const profile = await team.session(tenant, tokenIn(cookie, tenant));
    return profile && mayEnter(profile) ? { tenant, profile } : undefined;
  }

  /** Who stands behind a cookie, now. `active`: a person asked, not a page that refreshes itself. */
  async function who(cookie: string, active = true): Promise<SignedIn | undefined> {
    const entry = await records.read(cookie);
    if (!entry) return undefined;
    const { tenant, began, seen, verified } = entry.value;
    const now = runtime.now();
    if (now - began >= absoluteLife || now - seen >= idleLife) return undefined;
    const person = tenant === undefined ? undefined : await personOf(cookie, tenant);
    if (tenant !== undefined && !person) return undefined;
    if (active && now - seen >= seenEvery) await records.replace(cookie, entry, { ...entry.value, seen: now });
    return { ...(person ? { person } : {}), verifiedUntil: verified + verifiedLife, ends: began + absoluteLife };
  }

  /** It is really them: the same subject again, from a link or from the identity provider. */
  async function verify(cookie: string, subject: Subject): Promise<boolean> {
    const [signedIn, entry] = [await who(cookie), await records.read(cookie)];
    if (!signedIn || !entry || !isSubject(signedIn, subject)) return false;
    await records.replace(cookie, entry, { ...entry.value, verified: runtime.now() });
    return true;
  }

  async function close(cookie: string): Promise<void> {
    const entry = await records.read(cookie);
    if (!entry) return;
    const { tenant } = entry.value;
    // Nobody is in by this cookie any more, even where the core app does not answer: there its session ends by itself.
    await records.remove(cookie);
    if (tenant !== undefined) await team.signOut(tenant, tokenIn(cookie, tenant));
  }

  /** Everybody of a tenant: their links, which have addresses in them, and their sessions. */
  async function forget(tenant: string): Promise<void> {
    await links.forget(({ subject }) => 'tenant' in subject && subject.tenant === tenant);
    await records.forget((session) => session.tenant === tenant);
  }

  return { link, redeem, open, who, verify, close, forget };
}
export type SignIn = ReturnType<typeof signIn>;

function isSubject({ person }: SignedIn, subject: Subject): boolean {
  if ('operator' in subject) return person === undefined;
  return person?.tenant === subject.tenant && person.profile.email?.toLowerCase() === subject.email.toLowerCase();
}
