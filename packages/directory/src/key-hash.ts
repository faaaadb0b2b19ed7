import { createHmac, timingSafeEqual } from 'node:crypto';

/** Secrets of the deployment: the first makes hashes and signatures, those behind it are former ones, by which they are still known. */
export type Peppers = readonly [string, ...string[]];

/** What is kept of a key. `pepper`: a name of the one that made it, which says nothing of it; absent: not noted yet. */
export interface KeyHash {
  hmac: string;
  pepper?: string;
}

/** A key has 256 bits of chance, so a keyed hash needs no slowness (facts: 18 µs). */
export function keyHashes(peppers: Peppers) {
  const [current] = peppers;
  const name = createHmac('sha256', current).update('name').digest('base64url').slice(0, 8);
  const digest = (pepper: string, value: string): Buffer => createHmac('sha256', pepper).update(value).digest();

  return {
    of: (value: string): Required<KeyHash> => ({ hmac: digest(current, value).toString('base64url'), pepper: name }),
    isCurrent: ({ pepper }: KeyHash): boolean => pepper === name,
    /** Compares in constant time, and does the same work where there is no hash. */
    isOf(hash: KeyHash | undefined, value: string): boolean {
      const wanted = hash ? Buffer.from(hash.hmac, 'base64url') : Buffer.alloc(32);
      return peppers.some((pepper) => timingSafeEqual(wanted, digest(pepper, value))) && hash !== undefined;
    },
  };
}
