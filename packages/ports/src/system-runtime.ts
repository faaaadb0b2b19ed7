import { randomFillSync } from 'node:crypto';
import type { Runtime } from './runtime.ts';

/** Chance for many ids at once: asking the machine for each costs more than the rest of the id. */
const pool = Buffer.alloc(10 * 256);
let used = pool.length;
const bytes = Buffer.alloc(16);

/** The last id's millisecond, and how many came before it in that millisecond. */
let last = 0;
let counted = 0;

/**
 * UUID version 7 (RFC 9562, 5.7): 48 bits of time, 12 that count inside a millisecond (6.2, method 1), 62 of chance. Each sorts after the
 * one before it, so that a list by id is a list by creation.
 */
function uuidV7(now: number): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  pool.copy(bytes, 6, used, used + 10);
  used += 10;
  counted = now > last ? 0 : counted + 1;
  last = Math.max(now, last) + (counted > 0xfff ? 1 : 0);
  counted &= 0xfff;
  bytes.writeUIntBE(last, 0, 6);
  bytes.writeUInt16BE(0x7000 | counted, 6);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The machine's own clock and chance: what every main.ts passes on. */
export const systemRuntime: Runtime = {
  now: () => Date.now(),
  random: () => Math.random(),
  id: () => uuidV7(Date.now()),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done);
    }),
};
