import type { Tables } from './lmdb-tables.ts';

const nextFact = 'next set';
const droppedPrefix = 'dropped\0';

/** Where a set's entries stand: from `start` to, and without, `end`. */
export const entriesOf = (set: string) => ({ start: `${set}\0`, end: `${set}\x01` });

/**
 * Numbered sets of strings: what large indexes are made of. A set is dropped at once, by forgetting its number; its
 * entries go later, in small steps. All but `isSwept` is called in a transaction.
 */
export function lmdbSets({ facts, sets }: Tables) {
  let next: number | undefined;
  let saved: number | undefined;
  let swept = false;

  const dropped = (): string[] => [...facts.getKeys({ start: droppedPrefix, end: 'dropped\x01', limit: 1 })];

  return {
    create(): string {
      next ??= saved = Number(facts.get(nextFact) ?? 1);
      return (next++).toString(36);
    },
    drop(set: string): void {
      facts.putSync(droppedPrefix + set, '');
      swept = false;
    },
    /** False where something dropped may be left. */
    isSwept: () => swept,
    /** Removes up to `most` entries of what was dropped. */
    sweep(most: number): void {
      const [fact] = dropped();
      if (!fact) {
        swept = true;
        return;
      }
      const entries = [...sets.getKeys({ ...entriesOf(fact.slice(droppedPrefix.length)), limit: most })];
      for (const entry of entries) sets.removeSync(entry);
      if (entries.length < most) facts.removeSync(fact);
    },
    flush(): void {
      if (next !== saved) facts.putSync(nextFact, String(next));
      saved = next;
    },
    forget(): void {
      next = undefined;
      saved = undefined;
      swept = false;
    },
  };
}
export type LmdbSets = ReturnType<typeof lmdbSets>;
