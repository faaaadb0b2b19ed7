import type { Tables } from './lmdb-tables.ts';
import type { CommitResult, Scope } from './store.ts';

/** A scope's counters. */
export interface Slice {
  readonly scope: Scope;
  sequence: number;
  version: number;
  ended: boolean;
}

const mostKept = 5000;
const generation = 1000;

/** Scopes by name, kept in memory like indexes. All but `find` is called in a transaction. */
export function lmdbSlices({ scopes }: Tables) {
  const kept = new Map<Scope, Slice>();
  const changed = new Set<Slice>();

  return {
    find(scope: Scope): Slice {
      const known = kept.get(scope);
      if (known) return known;
      const [sequence, version, ended] = scopes.get(scope)?.split(' ') ?? [];
      const slice = { scope, sequence: Number(sequence ?? 0), version: Number(version ?? 0), ended: ended !== undefined };
      kept.set(scope, slice);
      return slice;
    },
    count(slice: Slice, events: number): void {
      slice.version++;
      slice.sequence += events;
      changed.add(slice);
    },
    flush(): void {
      for (const { scope, sequence, version, ended } of changed) scopes.putSync(scope, `${sequence} ${version}${ended ? ' ended' : ''}`);
      changed.clear();
      if (kept.size > mostKept) kept.clear();
    },
    forget(): void {
      kept.clear();
      changed.clear();
    },
  };
}

/**
 * What the last changes were answered, in memory alone: whoever asks again stands in this process and loses no reply (docs/decisions/0017).
 * In two generations, so that forgetting costs nothing, and small enough for the processor's cache.
 */
export function lmdbChanges() {
  let young = new Map<string, CommitResult>();
  let old = young;
  /** Of the group that is not on disk yet. */
  let fresh: string[] = [];

  return {
    recall: (key: string): CommitResult | undefined => young.get(key) ?? old.get(key),
    remember(key: string, result: CommitResult): void {
      young.set(key, result);
      fresh.push(key);
    },
    settled(): void {
      fresh = [];
      if (young.size < generation) return;
      old = young;
      young = new Map();
    },
    forget(): void {
      for (const key of fresh) young.delete(key);
      fresh = [];
    },
  };
}
