import type { Runtime } from '@claras/ports/runtime';

export interface VirtualRuntime extends Runtime {
  /** Lets time pass, from one sleeper's end to the next, until `done`; throws when nothing was done after `most` virtual milliseconds. */
  runUntil(done: () => boolean, most?: number): Promise<void>;
}

/** A clock that jumps and dice that repeat: mulberry32 from `seed`. */
export function virtualRuntime(seed: number): VirtualRuntime {
  let clock = 0;
  let state = seed;
  let ids = 0;
  const sleepers = new Map<() => void, number>();

  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  function wakeEarliest(): void {
    let earliest: [() => void, number] | undefined;
    for (const sleeper of sleepers) if (!earliest || sleeper[1] < earliest[1]) earliest = sleeper;
    if (!earliest) throw new Error('everybody waits for something that is not time');
    clock = Math.max(clock, earliest[1]);
    earliest[0]();
  }

  return {
    now: () => clock,
    random,
    id: () => `id-${++ids}`,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          sleepers.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        sleepers.set(wake, clock + ms);
        signal?.addEventListener('abort', wake);
      }),
    async runUntil(done, most = 3_600_000) {
      const limit = clock + most;
      for (;;) {
        await new Promise(setImmediate);
        if (done()) return;
        if (clock > limit) throw new Error(`not done after ${most} ms`);
        wakeEarliest();
      }
    },
  };
}
