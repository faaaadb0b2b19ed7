import type { Runtime } from '@claras/ports/runtime';

export interface VirtualRuntime extends Runtime {
  /** Lets time pass, from one sleeper's end to the next, until `done`; throws when nothing was done after `most` virtual milliseconds. */
  runUntil(done: () => boolean, most?: number): Promise<void>;
  /** Lets go of all that sleep and will never wake: a signal that somebody listens to is kept for ever, with all that hangs on it. */
  end(): void;
}

interface Sleeper {
  until: number;
  order: number;
  wake: () => void;
  /** Does not listen any more. */
  leave: () => void;
  awake: boolean;
}

const before = (a: Sleeper, b: Sleeper): boolean => a.until < b.until || (a.until === b.until && a.order < b.order);

/** A binary heap: in a simulation thousands sleep, and one at a time is woken. */
function sleepers() {
  const heap: Sleeper[] = [];
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  };
  return {
    push(sleeper: Sleeper): void {
      heap.push(sleeper);
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (!before(heap[at]!, heap[parent]!)) return;
        swap(at, parent);
        at = parent;
      }
    },
    pop(): Sleeper | undefined {
      const first = heap[0];
      const last = heap.pop();
      if (!first || !last || first === last) return first;
      heap[0] = last;
      for (let at = 0; ; ) {
        const [left, right] = [2 * at + 1, 2 * at + 2];
        let least = at;
        if (left < heap.length && before(heap[left]!, heap[least]!)) least = left;
        if (right < heap.length && before(heap[right]!, heap[least]!)) least = right;
        if (least === at) return first;
        swap(at, least);
        at = least;
      }
    },
  };
}

/** A clock that jumps and dice that repeat: mulberry32 from `seed`. */
export function virtualRuntime(seed: number, start = 0): VirtualRuntime {
  const asleep = sleepers();
  let clock = start;
  let state = seed;
  let ids = 0;
  let order = 0;

  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  function wakeEarliest(): void {
    for (let sleeper = asleep.pop(); sleeper; sleeper = asleep.pop()) {
      if (sleeper.awake) continue;
      clock = Math.max(clock, sleeper.until);
      return sleeper.wake();
    }
    throw new Error('everybody waits for something that is not time');
  }

  return {
    now: () => clock,
    random,
    // As wide as it takes: ids sort in the order in which they were made.
    id: () => `id-${String(++ids).padStart(6, '0')}`,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const leave = () => signal?.removeEventListener('abort', wake);
        const wake = () => {
          if (sleeper.awake) return;
          sleeper.awake = true;
          leave();
          resolve();
        };
        const sleeper: Sleeper = { until: clock + Math.max(0, ms), order: order++, wake, leave, awake: false };
        asleep.push(sleeper);
        signal?.addEventListener('abort', wake);
      }),
    async runUntil(done, most = 3_600_000) {
      const limit = clock + most;
      for (;;) {
        // Everything that can go on without time has gone on when an immediate comes.
        await new Promise(setImmediate);
        if (done()) return;
        if (clock > limit) throw new Error(`not done after ${most} ms`);
        wakeEarliest();
      }
    },
    end() {
      for (let sleeper = asleep.pop(); sleeper; sleeper = asleep.pop()) sleeper.leave();
    },
  };
}
