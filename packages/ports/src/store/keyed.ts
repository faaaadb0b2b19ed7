/**
 * Values by key. A map where the keys are new each time, such as ids: an object takes a microsecond for each name that no object had before
 * (docs/decisions/0004).
 */
export type Keyed<T> = Readonly<Record<string, T>> | ReadonlyMap<string, T>;

export const pairsOf = <T>(keyed: Keyed<T> | undefined): Iterable<readonly [key: string, value: T]> =>
  keyed instanceof Map ? keyed : Object.entries((keyed ?? {}) as Record<string, T>);

/** Both; where both have a key, the later one's. */
export const merged = <T>(one: Keyed<T> | undefined, other: Keyed<T> | undefined): Map<string, T> =>
  new Map([...pairsOf(one), ...pairsOf(other)]);
