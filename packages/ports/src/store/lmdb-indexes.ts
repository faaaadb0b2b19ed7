import { entriesOf, type LmdbSets } from './lmdb-sets.ts';
import type { Tables } from './lmdb-tables.ts';
import { fits } from './scope.ts';
import { compareUtf8 } from './sorted-members.ts';
import type { RangeQuery, Scope } from './store.ts';

/** An index whose members are a set of their own; an empty one is not there. */
interface Large {
  set: string;
  total: number;
}

/** Members of an index that stands in its table as a list. Most have one: a userName, an e-mail, a user's groups. */
const mostListed = 4;

/** About 4 MB; forgotten all at once when there are more, which costs a look-up each and no bookkeeping. */
const mostKept = 20_000;

const isList = (stored: string): boolean => stored.startsWith('[');

/**
 * Indexes by name: a few members as a list, more as a set. What is asked often of a large one, the set and its total, is kept in memory and
 * written once for a group of commits.
 */
export function lmdbIndexes({ indexes, sets }: Tables, numbers: LmdbSets) {
  const kept = new Map<string, Large>();
  const changed = new Map<string, Large>();

  /** The members, or the set in which they stand. */
  function find(key: string): string[] | Large {
    const known = kept.get(key);
    if (known) return known;
    const stored = indexes.get(key);
    if (stored === undefined) return [];
    if (isList(stored)) return JSON.parse(stored) as string[];
    const [set = '', total] = stored.split(' ');
    return keep(key, { set, total: Number(total) });
  }

  function keep(key: string, index: Large): Large {
    kept.set(key, index);
    return index;
  }

  /** All of a list's members into a set. */
  function enlarge(key: string, members: readonly string[]): Large {
    const index = { set: numbers.create(), total: members.length };
    for (const member of members) sets.putSync(`${index.set}\0${member}`, '');
    return keep(key, index);
  }

  function putList(key: string, members: readonly string[]): void {
    if (members.length > 0) indexes.putSync(key, JSON.stringify(members));
    else indexes.removeSync(key);
  }

  function write(): void {
    for (const [key, { set, total }] of changed) {
      if (total > 0) indexes.putSync(key, `${set} ${total}`);
      else {
        indexes.removeSync(key);
        kept.delete(key);
      }
    }
    changed.clear();
  }

  return {
    has(scope: Scope, name: string, members: readonly string[]): boolean[] {
      const index = fits(name) ? find(`${scope}\0${name}`) : [];
      if (Array.isArray(index)) return members.map((member) => index.includes(member));
      return members.map((member) => fits(member) && sets.doesExist(`${index.set}\0${member}`));
    },
    range(scope: Scope, name: string, { offset = 0, after, limit }: RangeQuery): { members: string[]; total: number } {
      const index = fits(name) ? find(`${scope}\0${name}`) : [];
      if (Array.isArray(index)) {
        const from = after === undefined ? index.slice(offset) : index.filter((member) => compareUtf8(member, after) > 0);
        return { members: from.slice(0, Math.max(0, limit)), total: index.length };
      }
      if (limit <= 0) return { members: [], total: index.total };
      const { start, end } = entriesOf(index.set);
      const place = after === undefined ? { start, offset } : { start: `${start}${after}\0` };
      const members = [...sets.getKeys({ end, limit, ...place })].map((entry) => entry.slice(start.length));
      return { members, total: index.total };
    },

    /** The following are called in a transaction. */
    add(scope: Scope, name: string, members: readonly string[]): void {
      if (members.length === 0) return;
      const key = `${scope}\0${name}`;
      // Most indexes have one member, and most are new: then the put says so itself.
      if (members.length === 1 && !kept.has(key) && indexes.putSync(key, JSON.stringify(members), { noOverwrite: true })) return;
      let index = find(key);
      if (Array.isArray(index)) {
        const all = [...new Set([...index, ...members])].sort(compareUtf8);
        if (all.length <= mostListed) return putList(key, all);
        index = enlarge(key, index);
      }
      for (const member of members) if (sets.putSync(`${index.set}\0${member}`, '', { noOverwrite: true })) index.total++;
      changed.set(key, index);
    },
    remove(scope: Scope, name: string, members: readonly string[]): void {
      const key = `${scope}\0${name}`;
      const index = find(key);
      if (Array.isArray(index)) {
        const left = index.filter((member) => !members.includes(member));
        if (left.length < index.length) putList(key, left);
        return;
      }
      for (const member of members) if (sets.removeSync(`${index.set}\0${member}`)) index.total--;
      changed.set(key, index);
    },
    drop(scope: Scope, name: string): void {
      const key = `${scope}\0${name}`;
      const index = find(key);
      if (!Array.isArray(index)) numbers.drop(index.set);
      else if (index.length === 0) return;
      kept.delete(key);
      changed.delete(key);
      indexes.removeSync(key);
    },
    /** Drops up to `most` of a scope's indexes. False: those were all. */
    dropSome(scope: Scope, most: number): boolean {
      write();
      const found = [...indexes.getKeys({ start: `${scope}\0`, end: `${scope}\x01`, limit: most })];
      for (const key of found) this.drop(scope, key.slice(scope.length + 1));
      return found.length === most;
    },
    flush(): void {
      write();
      if (kept.size > mostKept) kept.clear();
    },
    forget(): void {
      kept.clear();
      changed.clear();
    },
  };
}
