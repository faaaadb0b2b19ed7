import type { LmdbSets } from './lmdb-sets.ts';
import type { Tables } from './lmdb-tables.ts';
import { isFull } from './recent-changes.ts';
import type { CommitResult, Scope } from './store.ts';

/** A scope's counters, and its memory of change ids: two generations, each a set (see `recentChanges`). '' = none yet. */
export interface Slice {
  readonly scope: Scope;
  sequence: number;
  version: number;
  young: string;
  old: string;
  /** Ids in the young generation, and when its first was remembered. */
  count: number;
  since: number;
}

const mostKept = 5000;

/** Scopes by name, kept in memory like indexes. All but `find` is called in a transaction. */
export function lmdbSlices({ scopes, sets }: Tables, numbers: LmdbSets) {
  const kept = new Map<Scope, Slice>();
  const changed = new Set<Slice>();

  function find(scope: Scope): Slice {
    const known = kept.get(scope);
    if (known) return known;
    const [sequence, version, young = '', old = '', count, since] = scopes.get(scope)?.split(' ') ?? [];
    const slice = {
      scope,
      sequence: Number(sequence ?? 0),
      version: Number(version ?? 0),
      young,
      old,
      count: Number(count ?? 0),
      since: Number(since ?? 0),
    };
    kept.set(scope, slice);
    return slice;
  }

  function renew(slice: Slice, now: number): void {
    if (slice.old) numbers.drop(slice.old);
    slice.old = slice.young;
    slice.young = numbers.create();
    slice.count = 0;
    slice.since = now;
  }

  return {
    find,
    recall({ young, old }: Slice, id: string): CommitResult | undefined {
      const answer = (young && sets.get(`${young}\0${id}`)) || (old && sets.get(`${old}\0${id}`));
      if (!answer) return undefined;
      const [sequence, version] = answer.split(' ');
      return { ok: true, sequence: Number(sequence), version: Number(version) };
    },
    /** Remembers the change, whose effect on the counters stands in the slice already. */
    remember(slice: Slice, id: string, now: number): CommitResult {
      if (!slice.young || isFull(slice.count, slice.since, now)) renew(slice, now);
      const { sequence, version, young } = slice;
      slice.count++;
      sets.putSync(`${young}\0${id}`, `${sequence} ${version}`);
      changed.add(slice);
      return { ok: true, sequence, version };
    },
    flush(): void {
      for (const { scope, sequence, version, young, old, count, since } of changed)
        scopes.putSync(scope, [sequence, version, young, old, count, since].join(' '));
      changed.clear();
      if (kept.size > mostKept) kept.clear();
    },
    forget(): void {
      kept.clear();
      changed.clear();
    },
  };
}
export type LmdbSlices = ReturnType<typeof lmdbSlices>;
