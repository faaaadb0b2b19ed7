import type { Profile } from '@claras/contracts/events';
import { isEmail } from '@claras/domain/email';
import type { Runtime } from '@claras/ports/runtime';
import type { Scope, Store } from '@claras/ports/store/store';
import { expiring, newSecret } from '@claras/service-kit/expiring';
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

/** Who is signed in. Judged at the moment of asking: an archive ends every session that was open, for good. */
export function sessions(durable: { store: Store; runtime: Runtime }, scopeOf: (tenant: string) => Scope) {
  const { store, runtime } = durable;
  const recordsOf = (tenant: string) => expiring<Session>(durable, scopeOf(tenant), 'session');

  async function personOf(tenant: string, id: string): Promise<Person | undefined> {
    const [entry] = await store.read<Person>(scopeOf(tenant), [personKey(id)]);
    return entry?.value;
  }

  async function signIn(tenant: string, email: string): Promise<string | undefined> {
    if (!isEmail(email)) return undefined;
    const [owner] = await store.read<string>(scopeOf(tenant), [emailOwnerKey(email)]);
    const person = owner ? await personOf(tenant, owner.value) : undefined;
    if (person?.profile.status !== 'active') return undefined;
    const [token, time] = [newSecret(), runtime.now()];
    const session: Session = { profile: person.profile.id, generation: person.generation, began: time, seen: time };
    await recordsOf(tenant).add(token, session, time + absoluteLife);
    return token;
  }

  async function session(tenant: string, token: string): Promise<Profile | undefined> {
    const records = recordsOf(tenant);
    const entry = await records.read(token);
    if (!entry || !goesOn(entry.value)) return undefined;
    const person = await personOf(tenant, entry.value.profile);
    if (person?.profile.status !== 'active' || person.generation !== entry.value.generation) return undefined;
    const seen = runtime.now();
    if (seen - entry.value.seen >= seenEvery) await records.replace(token, entry, { ...entry.value, seen });
    return person.profile;
  }

  function goesOn({ began, seen }: Session): boolean {
    const now = runtime.now();
    return now - began < absoluteLife && now - seen < idleLife;
  }

  const signOut = (tenant: string, token: string): Promise<void> => recordsOf(tenant).remove(token);

  return { signIn, session, signOut };
}
