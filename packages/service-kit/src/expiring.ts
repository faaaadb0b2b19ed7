import { createHash, randomBytes } from 'node:crypto';
import type { Runtime } from '@claras/ports/runtime';
import { indexPages } from '@claras/ports/store/index-pages';
import type { Entry, Scope, Store } from '@claras/ports/store/store';

/** Keys of records behind their last moment. */
const endings = 'endings';
const sweptAtOnce = 100;
const timeDigits = 15;

export const newSecret = (): string => randomBytes(32).toString('base64url');
const hash = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
const endingOf = (end: number, key: string): string => `${String(end).padStart(timeDigits, '0')} ${key}`;
const keyIn = (ending: string): string => ending.slice(timeDigits + 1);

/** Records that are found by a secret, of which only the hash is kept, and that end at a time. Each that is added sweeps out some that have ended. */
export function expiring<T>({ store, runtime }: { store: Store; runtime: Runtime }, scope: Scope, kind: string) {
  const keyOf = (secret: string) => `${kind}:${hash(secret)}`;

  async function read(secret: string): Promise<Entry<T> | undefined> {
    return (await store.read<T>(scope, [keyOf(secret)]))[0];
  }

  async function add(secret: string, record: T, end: number): Promise<void> {
    const [key, time] = [keyOf(secret), runtime.now()];
    const { members } = await store.range(scope, endings, { limit: sweptAtOnce });
    const gone = members.filter((member) => Number(member.slice(0, timeDigits)) <= time);
    await store.commit(scope, {
      id: runtime.id(),
      time,
      put: { [key]: record },
      remove: gone.map(keyIn),
      index: { [endings]: { add: [endingOf(end, key)], remove: gone } },
    });
  }

  /** True for the one caller that took it away. */
  async function take(secret: string, { version }: Entry<T>): Promise<boolean> {
    const key = keyOf(secret);
    return (await store.commit(scope, { id: runtime.id(), time: runtime.now(), expect: { [key]: version }, remove: [key] })).ok;
  }

  /** Whatever was written in between: nobody finds it any more. */
  async function remove(secret: string): Promise<void> {
    await store.commit(scope, { id: runtime.id(), time: runtime.now(), remove: [keyOf(secret)] });
  }

  /** Puts a newer record in the place of the one that was read; what changed or went in between stays as it is. */
  async function replace(secret: string, { version }: Entry<T>, record: T): Promise<void> {
    const key = keyOf(secret);
    await store.commit(scope, { id: runtime.id(), time: runtime.now(), expect: { [key]: version }, put: { [key]: record } });
  }

  /** Takes away all of which `isGone` is true. */
  async function forget(isGone: (record: T) => boolean): Promise<void> {
    for await (const members of indexPages(store, scope, endings, sweptAtOnce)) {
      const keys = members.map(keyIn).filter((key) => key.startsWith(`${kind}:`));
      const entries = await store.read<T>(scope, keys);
      const remove = keys.filter((_, n) => entries[n] && isGone(entries[n].value));
      if (remove.length > 0) await store.commit(scope, { id: runtime.id(), time: runtime.now(), remove });
    }
  }

  return { read, add, take, remove, replace, forget };
}
