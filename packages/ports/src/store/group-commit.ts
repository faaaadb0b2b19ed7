import { StoreUnavailable } from './store.ts';

const mostInGroup = 512;

/** What a group commit writes into. */
export interface Transactor {
  /** Runs `write`. What it wrote is on disk when this returns. */
  transact(write: () => void): void;
  /** Called behind all writes of the group. */
  flush(): void;
  /** After a throw: everything is as it was before the group. */
  undo(): void;
  /** The group is on disk. */
  settled(): void;
}

export interface GroupCommit {
  /** Runs `apply` in the next transaction; resolves with its result when that is on disk. What `apply` throws is its caller's alone. */
  write<T>(apply: () => T): Promise<T>;
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>;
}

interface Waiting {
  apply: () => unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** lmdb's own errors carry a number: they are the disk's or the file's, not the caller's. */
const isOfTheFile = (error: unknown): boolean => typeof (error as { code?: unknown }).code === 'number';

/** All writes of one turn of the event loop share one sync. */
export function groupCommit({ transact, flush, undo, settled }: Transactor): GroupCommit {
  const waiting: Waiting[] = [];
  let pumping: Promise<void> | undefined;

  /** Returns the write that failed by itself, if one did; then nothing was written. */
  function attempt(group: readonly Waiting[]): Waiting | undefined {
    const results: unknown[] = [];
    let current: Waiting | undefined;
    try {
      transact(() => {
        for (current of group) results.push(current.apply());
        current = undefined;
        flush();
      });
    } catch (error) {
      undo();
      if (current && !isOfTheFile(error)) {
        current.reject(error);
        return current;
      }
      const cause = new StoreUnavailable('the data could not be written', { cause: error });
      for (const { reject } of group) reject(cause);
      return undefined;
    }
    group.forEach(({ resolve }, n) => {
      resolve(results[n]);
    });
    settled();
    return undefined;
  }

  function commit(group: Waiting[]): void {
    for (let culprit = attempt(group); culprit; culprit = attempt(group)) {
      group.splice(group.indexOf(culprit), 1);
      if (group.length === 0) return;
    }
  }

  async function pump(): Promise<void> {
    await nextTurn();
    while (waiting.length > 0) {
      commit(waiting.splice(0, mostInGroup));
      await nextTurn();
    }
    pumping = undefined;
  }

  return {
    write: <T>(apply: () => T) =>
      new Promise<T>((resolve, reject) => {
        waiting.push({ apply, resolve: resolve as (result: unknown) => void, reject });
        pumping ??= pump();
      }),
    async idle() {
      await pumping;
    },
  };
}
