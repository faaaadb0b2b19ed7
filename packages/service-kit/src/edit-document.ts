import type { Runtime } from '@claras/ports/runtime';
import { type Change, type Scope, type Store, StoreUnavailable } from '@claras/ports/store/store';

const patience = 20;

/**
 * Reads a document and commits what `edit` makes of it (undefined: nothing), over the version that was read; from the start again when another
 * process came first. `edit` gets the document, undefined where there is none, and the time in milliseconds since 1970.
 */
export async function editDocument<T>(
  { store, runtime }: { store: Store; runtime: Runtime },
  scope: Scope,
  key: string,
  edit: (before: T | undefined, now: number) => Omit<Change, 'id' | 'time' | 'expect'> | undefined,
): Promise<void> {
  for (let tries = 0; tries < patience; tries++) {
    const [entry] = await store.read<T>(scope, [key]);
    const time = runtime.now();
    const change = edit(entry?.value, time);
    if (!change) return;
    const result = await store.commit(scope, { id: runtime.id(), time, expect: { [key]: entry?.version ?? 0 }, ...change });
    if (result.ok) return;
  }
  throw new StoreUnavailable(`gave up after ${patience} conflicting writes`);
}
