const fewest = 1000;
const shortestMs = 600_000;

/** When a generation of change ids has been filled long enough that the one before it can be forgotten: see {@link recentChanges}. */
const isFull = (count: number, since: number, now: number): boolean => count >= fewest && now - since >= shortestMs;

/**
 * Remembers at least the last 1,000 results, and at least all of the last 10 minutes. In two generations, so that forgetting costs nothing:
 * the young one takes the place of the old one when it has both the number and the age.
 */
export function recentChanges<T>() {
  let old = new Map<string, T>();
  let young = new Map<string, T>();
  let since = 0;
  return {
    recall: (id: string): T | undefined => young.get(id) ?? old.get(id),
    remember(id: string, result: T, now: number): void {
      if (isFull(young.size, since, now)) {
        old = young;
        young = new Map();
      }
      if (young.size === 0) since = now;
      young.set(id, result);
    },
  };
}
