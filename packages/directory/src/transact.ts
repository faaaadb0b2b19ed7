import type { Runtime } from '@claras/ports/runtime';
import { type Change, type CommitResult, type Scope, type Store, StoreUnavailable } from '@claras/ports/store/store';

export interface Durable {
  store: Store;
  runtime: Runtime;
}

export type Committed = Extract<CommitResult, { ok: true }>;
export interface Attempt<T> {
  /** Absent: nothing to write, `result` is the answer. */
  change?: Omit<Change, 'id' | 'time'>;
  /** Told of the key that was not as `change` expects it, before the next attempt; throws where there is no use in one. */
  onConflict?: (key: string) => void;
  result: (committed: Committed) => T;
}

const nothing: Committed = { ok: true, sequence: 0, version: 0 };
const patience = 100;

/** Load, decide, commit; from the start again when another writer came first. `attempt` must read afresh each time and have no effects. */
export async function transact<T>({ store, runtime }: Durable, scope: Scope, attempt: (time: number) => Promise<Attempt<T>>): Promise<T> {
  for (let tries = 0; tries < patience; tries++) {
    const time = runtime.now();
    const { change, onConflict, result } = await attempt(time);
    if (!change) return result(nothing);
    const answer = await store.commit(scope, { id: runtime.id(), time, ...change });
    if (answer.ok) return result(answer);
    onConflict?.(answer.conflict);
    if (tries > 3) await runtime.sleep(runtime.random() * Math.min(tries, 20));
  }
  throw new StoreUnavailable(`gave up after ${patience} conflicting writes`);
}
