import type { OutgoingEvent } from '@claras/contracts/cloud-event';
import type { Test } from 'tap';
import type { Runtime } from '../runtime.ts';
import type { Change, CommitResult, Scope, Store } from './store.ts';

export interface StoreUnderTest {
  /** What the store was given. */
  runtime: Runtime;
  /** A store on empty data with 4 cells, in which service `edge` writes to topic `directory`. */
  open(): Promise<Store>;
  /** Opens the same data again after a close. Absent where the data do not outlive the store. */
  reopen?(): Promise<Store>;
  /** Whether a change is known again after that: where whoever asks may outlive the store's process. */
  knowsChangesAgain?: boolean;
  /** Lets that much time pass, in truth or not. */
  pass(ms: number): Promise<void>;
}

/** A store on empty data, and what cases do with it again and again. */
export interface StorePlace {
  store: Store;
  commit(scope: Scope, change: Partial<Change>): Promise<CommitResult>;
  /** All members of an index. */
  members(scope: Scope, index: string): Promise<string[]>;
  /** Value and version of a key. */
  entry(scope: Scope, key: string): Promise<[unknown, number] | undefined>;
}
export type StoreCase = (name: string, run: (t: Test, place: StorePlace) => Promise<void>) => void;

export const acme: Scope = 'edge/acme';
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
export const eventOf = (number: number): OutgoingEvent => ({
  type: 'user.deleted',
  subject: `Users/${number}`,
  time: '2026-01-01T00:00:00.000Z',
  data: { id: `${number}`, userName: 'ann' },
});

export const placeOf = (store: Store, runtime: Runtime): StorePlace => ({
  store,
  commit: (scope, change) => store.commit(scope, { id: runtime.id(), time: 1, ...change }),
  members: async (scope, index) => (await store.range(scope, index, { limit: 10_000 })).members,
  async entry(scope, key) {
    const [entry] = await store.read(scope, [key]);
    return entry && [entry.value, entry.version];
  },
});
