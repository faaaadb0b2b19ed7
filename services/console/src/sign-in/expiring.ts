import { createHash, randomBytes } from 'node:crypto';
import { type Durable, transact } from '@claras/directory/transact';
import type { Entry, Scope } from '@claras/ports/store/store';

/** The console's own slice of the store. It has no events. */
const scope: Scope = 'console/';
const endings = 'endings';
const sweptAtOnce = 100;

export const newSecret = (): string => randomBytes(32).toString('base64url');
const hash = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
const sortable = (time: number): string => String(time).padStart(15, '0');

/** Records that are found by a secret, of which only the hash is kept, and that end at a time. Each write sweeps out some that have ended. */
export function expiring<T>(durable: Durable, kind: string) {
  const { store, runtime } = durable;
  const keyOf = (secret: string) => `${kind}:${hash(secret)}`;

  async function read(secret: string): Promise<Entry<T> | undefined> {
    return (await store.read<T>(scope, [keyOf(secret)]))[0];
  }

  async function ended(now: number): Promise<string[]> {
    const { members } = await store.range(scope, endings, { limit: sweptAtOnce });
    return members.filter((member) => Number(member.slice(0, 15)) <= now);
  }

  const add = (secret: string, record: T, end: number): Promise<void> =>
    transact(durable, scope, async (time) => {
      const gone = await ended(time);
      const change = {
        put: { [keyOf(secret)]: record },
        remove: gone.map((member) => member.slice(16)),
        index: { [endings]: { add: [`${sortable(end)} ${keyOf(secret)}`], remove: gone } },
      };
      return { change, result: () => undefined };
    });

  /** True for the one caller that took it away. */
  async function take(secret: string, { version }: Entry<T>): Promise<boolean> {
    const change = { id: runtime.id(), time: runtime.now(), expect: { [keyOf(secret)]: version }, remove: [keyOf(secret)] };
    return (await store.commit(scope, change)).ok;
  }

  /** Puts a newer record in the place of the one that was read; what changed or went in between stays as it is. */
  async function replace(secret: string, { version }: Entry<T>, record: T): Promise<void> {
    await store.commit(scope, {
      id: runtime.id(),
      time: runtime.now(),
      expect: { [keyOf(secret)]: version },
      put: { [keyOf(secret)]: record },
    });
  }

  return { read, add, take, replace };
}
