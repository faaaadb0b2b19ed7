import { createHash } from 'node:crypto';

/** Chance that a seed repeats exactly. */
export interface SeededRandom {
  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number;
  /** True once in `times` on average. */
  oneIn(times: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** `count` different entries, or all when there are fewer, in random order. */
  some<T>(list: readonly T[], count: number): T[];
  /** A GUID, version 4 in form. */
  guid(): string;
}

/** The generator sfc32 (PractRand), seeded with the SHA-256 of a text. */
export function seededRandom(seed: string): SeededRandom {
  const hash = createHash('sha256').update(seed).digest();
  let a = hash.readInt32LE(0);
  let b = hash.readInt32LE(4);
  let c = hash.readInt32LE(8);
  let counter = 1;

  function word(): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  }

  const below = (limit: number): number => Math.floor((word() / 2 ** 32) * limit);
  const hex = (): string => word().toString(16).padStart(8, '0');

  return {
    below,
    oneIn: (times) => below(times) === 0,
    pick: (list) => list[below(list.length)]!,
    some(list, count) {
      const pool = [...list];
      const size = Math.min(count, pool.length);
      for (let at = 0; at < size; at++) {
        const other = at + below(pool.length - at);
        [pool[at], pool[other]] = [pool[other]!, pool[at]!];
      }
      return pool.slice(0, size);
    },
    guid() {
      const [one, two, three, four] = [hex(), hex(), hex(), hex()];
      return `${one}-${two.slice(0, 4)}-4${two.slice(5)}-a${three.slice(1, 4)}-${three.slice(4)}${four}`;
    },
  };
}
