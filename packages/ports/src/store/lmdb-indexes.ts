import { entriesOf, type LmdbSets } from './lmdb-sets.ts';
import type { Tables } from './lmdb-tables.ts';
import { fits } from './scope.ts';
import type { RangeQuery, Scope } from './store.ts';

/** An index that has members; an empty one is not there. */
interface Index {
  set: string;
  total: number;
}

/** About 4 MB; forgotten all at once when there are more, which costs a look-up each and no bookkeeping. */
const mostKept = 20_000;

/** Indexes by name. What is asked often, the set and its total, is kept in memory and written once for a group of commits. */
export function lmdbIndexes({ indexes, sets }: Tables, numbers: LmdbSets) {
  const kept = new Map<string, Index>();
  const changed = new Map<string, Index>();

  function find(scope: Scope, name: string): Index | undefined {
    const key = `${scope}\0${name}`;
    const known = kept.get(key);
    if (known) return known;
    const stored = fits(name) ? indexes.get(key)?.split(' ') : undefined;
    if (!stored) return undefined;
    const index = { set: stored[0]!, total: Number(stored[1]) };
    kept.set(key, index);
    return index;
  }

  function create(scope: Scope, name: string): Index {
    const index = { set: numbers.create(), total: 0 };
    kept.set(`${scope}\0${name}`, index);
    return index;
  }

  return {
    has: (scope: Scope, name: string, members: readonly string[]): boolean[] => {
      const index = find(scope, name);
      return members.map((member) => index !== undefined && fits(member) && sets.doesExist(`${index.set}\0${member}`));
    },
    range(scope: Scope, name: string, { offset = 0, after, limit }: RangeQuery): { members: string[]; total: number } {
      const index = find(scope, name);
      if (!index || limit <= 0) return { members: [], total: index?.total ?? 0 };
      const { start, end } = entriesOf(index.set);
      const place = after === undefined ? { start, offset } : { start: `${start}${after}\0` };
      const members = [...sets.getKeys({ end, limit, ...place })].map((entry) => entry.slice(start.length));
      return { members, total: index.total };
    },

    /** The following are called in a transaction. */
    add(scope: Scope, name: string, members: readonly string[]): void {
      if (members.length === 0) return;
      const index = find(scope, name) ?? create(scope, name);
      for (const member of members) if (sets.putSync(`${index.set}\0${member}`, '', { noOverwrite: true })) index.total++;
      changed.set(`${scope}\0${name}`, index);
    },
    remove(scope: Scope, name: string, members: readonly string[]): void {
      const index = find(scope, name);
      if (!index) return;
      for (const member of members) if (sets.removeSync(`${index.set}\0${member}`)) index.total--;
      changed.set(`${scope}\0${name}`, index);
    },
    drop(scope: Scope, name: string): void {
      const index = find(scope, name);
      if (!index) return;
      const key = `${scope}\0${name}`;
      numbers.drop(index.set);
      kept.delete(key);
      changed.delete(key);
      indexes.removeSync(key);
    },
    flush(): void {
      for (const [key, { set, total }] of changed) {
        if (total > 0) indexes.putSync(key, `${set} ${total}`);
        else {
          indexes.removeSync(key);
          kept.delete(key);
        }
      }
      changed.clear();
      if (kept.size > mostKept) kept.clear();
    },
    forget(): void {
      kept.clear();
      changed.clear();
    },
  };
}
export type LmdbIndexes = ReturnType<typeof lmdbIndexes>;
