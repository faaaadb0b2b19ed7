import { createHash, randomBytes } from 'node:crypto';
import type { Profile } from '@claras/contracts/events';
import { isEmail } from '@claras/domain/email';
import type { Runtime } from '@claras/ports/runtime';
import type { Entry, Scope, Store } from '@claras/ports/store/store';
import { emailOwnerKey, type Person, personKey } from './person.ts';

const minute = 60_000;
/** As the console's, which asks at each request. */
const idleLife = 30 * minute;
const absoluteLife = 12 * 60 * minute;
const seenEvery = minute;

interface Session {
  profile: string;
  generation: number;
  began: number;
  seen: number;
}

/** Only the hash of a token is kept. */
const sessionKey = (token: string) => `session:${createHash('sha256').update(token).digest('base64url')}`;

/** Keys of sessions behind their last moment. Each sign-in sweeps out some that have ended. */
const endingsIndex = 'session-endings';
const sweptAtOnce = 100;
const timeDigits = 15;
const endingOf = (end: number, key: string): string => `${String(end).padStart(timeDigits, '0')} ${key}`;

/** Who is signed in. Judged at the moment of asking: an archive ends every session that was open, for good. */
export function sessions({ store, runtime }: { store: Store; runtime: Runtime }, scopeOf: (tenant: string) => Scope) {
  async function personOf(tenant: string, id: string): Promise<Person | undefined> {
    const [entry] = await store.read<Person>(scopeOf(tenant), [personKey(id)]);
    return entry?.value;
  }

  async function signIn(tenant: string, email: string): Promise<string | undefined> {
    if (!isEmail(email)) return undefined;
    const scope = scopeOf(tenant);
    const [owner] = await store.read<string>(scope, [emailOwnerKey(email)]);
    const person = owner ? await personOf(tenant, owner.value) : undefined;
    if (person?.profile.status !== 'active') return undefined;
    const token = randomBytes(32).toString('base64url');
    const time = runtime.now();
    const session: Session = { profile: person.profile.id, generation: person.generation, began: time, seen: time };
    const { members } = await store.range(scope, endingsIndex, { limit: sweptAtOnce });
    const gone = members.filter((member) => Number(member.slice(0, timeDigits)) <= time);
    await store.commit(scope, {
      id: runtime.id(),
      time,
      put: { [sessionKey(token)]: session },
      remove: gone.map((member) => member.slice(timeDigits + 1)),
      index: { [endingsIndex]: { add: [endingOf(time + absoluteLife, sessionKey(token))], remove: gone } },
    });
    return token;
  }

  async function session(tenant: string, token: string): Promise<Profile | undefined> {
    const [entry] = await store.read<Session>(scopeOf(tenant), [sessionKey(token)]);
    if (!entry || !goesOn(entry.value)) return undefined;
    const person = await personOf(tenant, entry.value.profile);
    if (person?.profile.status !== 'active' || person.generation !== entry.value.generation) return undefined;
    if (runtime.now() - entry.value.seen >= seenEvery) await see(tenant, token, entry);
    return person.profile;
  }

  /** One that was kept before sessions had an end has none of these times, and is over. */
  function goesOn({ began, seen }: Session): boolean {
    const now = runtime.now();
    return now - began < absoluteLife && now - seen < idleLife;
  }

  /** What changed or went in between stays as it is. */
  async function see(tenant: string, token: string, { value, version }: Entry<Session>): Promise<void> {
    const [key, time] = [sessionKey(token), runtime.now()];
    await store.commit(scopeOf(tenant), { id: runtime.id(), time, expect: { [key]: version }, put: { [key]: { ...value, seen: time } } });
  }

  async function signOut(tenant: string, token: string): Promise<void> {
    const [scope, key] = [scopeOf(tenant), sessionKey(token)];
    const [entry] = await store.read<Session>(scope, [key]);
    if (!entry) return;
    await store.commit(scope, {
      id: runtime.id(),
      time: runtime.now(),
      remove: [key],
      index: { [endingsIndex]: { remove: [endingOf(entry.value.began + absoluteLife, key)] } },
    });
  }

  return { signIn, session, signOut };
}
