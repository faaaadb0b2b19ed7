import { createHash, randomBytes } from 'node:crypto';
import type { Profile } from '@claras/contracts/events';
import { isEmail } from '@claras/domain/email';
import type { Runtime } from '@claras/ports/runtime';
import type { Scope, Store } from '@claras/ports/store/store';
import { emailOwnerKey, type Person, personKey } from './person.ts';

interface Session {
  profile: string;
  generation: number;
}

/** Only the hash of a token is kept. */
const sessionKey = (token: string) => `session:${createHash('sha256').update(token).digest('base64url')}`;

/** Who is signed in. Judged at the moment of asking: an archive ends every session that was open, for good. */
export function sessions({ store, runtime }: { store: Store; runtime: Runtime }, scopeOf: (tenant: string) => Scope) {
  async function personOf(tenant: string, id: string): Promise<Person | undefined> {
    const [entry] = await store.read<Person>(scopeOf(tenant), [personKey(id)]);
    return entry?.value;
  }

  async function signIn(tenant: string, email: string): Promise<string | undefined> {
    if (!isEmail(email)) return undefined;
    const [owner] = await store.read<string>(scopeOf(tenant), [emailOwnerKey(email)]);
    const person = owner ? await personOf(tenant, owner.value) : undefined;
    if (person?.profile.status !== 'active') return undefined;
    const token = randomBytes(32).toString('base64url');
    const session: Session = { profile: person.profile.id, generation: person.generation };
    await store.commit(scopeOf(tenant), { id: runtime.id(), time: runtime.now(), put: { [sessionKey(token)]: session } });
    return token;
  }

  async function session(tenant: string, token: string): Promise<Profile | undefined> {
    const [entry] = await store.read<Session>(scopeOf(tenant), [sessionKey(token)]);
    const person = entry && (await personOf(tenant, entry.value.profile));
    return person?.profile.status === 'active' && person.generation === entry?.value.generation ? person.profile : undefined;
  }

  return { signIn, session };
}
