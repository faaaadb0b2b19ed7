import { createHash } from 'node:crypto';

/** One time and one pair of dice for everything in a simulation: a seed is a history. */
export interface WorldClock {
  now(): number;
  /** 0 <= x < 1. */
  random(): number;
  oneIn(n: number): boolean;
  /** 0 <= x < n, whole. */
  below(n: number): number;
  pick<T>(items: readonly T[]): T;
  id(): string;
  /** Resolves after `ms` of the world's time; earlier, and without error, when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Lets time pass, from one sleeper's end to the next, until `done`. False: `most` milliseconds passed before. */
  runUntil(done: () => boolean, most: number): Promise<boolean>;
  /** Writes a line into the history. */
  tell(line: string): void;
  /** The history's digest: equal for two runs that did the same in the same order. */
  digest(): string;
}

interface Sleeper {
  until: number;
  order: number;
  wake: () => void;
  awake: boolean;
}

const before = (a: Sleeper, b: Sleeper): boolean => a.until < b.until || (a.until === b.until && a.order < b.order);

/** A binary heap: thousands sleep, and a simulation wakes one at a time. */
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

const start = Date.UTC(2026, 0, 1);

/** `say` hears the history as it is told. */
export function worldClock(seed: number, say: (line: string) => void = () => {}): WorldClock {
  const asleep = sleepers();
  const history = createHash('sha256');
  let now = start;
  let state = seed;
  let ids = 0;
  let order = 0;

  /** mulberry32. */
  function random(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (n: number): number => Math.floor(random() * n);

  /** False: everybody waits for something that is not time. */
  function wakeEarliest(): boolean {
    for (let sleeper = asleep.pop(); sleeper; sleeper = asleep.pop()) {
      if (sleeper.awake) continue;
      now = Math.max(now, sleeper.until);
      sleeper.wake();
      return true;
    }
    return false;
  }

  const tell = (line: string): void => {
    const told = `${now - start} ${line}`;
    history.update(`${told}\n`);
    say(told);
  };

  return {
    now: () => now,
    random,
    below,
    oneIn: (n) => below(n) === 0,
    pick: (items) => items[below(items.length)]!,
    id: () => `id-${String(++ids).padStart(6, '0')}`,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          if (sleeper.awake) return;
          sleeper.awake = true;
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper: Sleeper = { until: now + Math.max(0, ms), order: order++, wake, awake: false };
        asleep.push(sleeper);
        signal?.addEventListener('abort', wake);
      }),
    async runUntil(done, most) {
      const limit = now + most;
      for (;;) {
        // Everything that can go on without time has gone on when an immediate comes.
        await new Promise(setImmediate);
        if (done()) return true;
        if (now > limit || !wakeEarliest()) return false;
      }
    },
    tell,
    digest: () => history.copy().digest('hex').slice(0, 16),
  };
}
