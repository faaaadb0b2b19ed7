import type { Runtime } from '@claras/ports/runtime';
import type { WorldClock } from './world-clock.ts';

/**
 * One life of a process. What a dead process waits for never comes, so it does nothing more, wherever it was: that is kill -9. A frozen one
 * (SIGSTOP) goes on where it was when it is thawed, whatever was done in its place meanwhile.
 */
export interface Life {
  readonly name: string;
  runtime: Runtime;
  dead(): boolean;
  frozen(): boolean;
  /** Passes when the process runs; waits while it is frozen; never passes when it is dead. */
  gate(): Promise<void>;
  crash(): void;
  /** Resolves when it goes on. */
  freeze(ms: number): Promise<void>;
  onDeath(listener: () => void): void;
  /** The answer, or undefined when the process is killed before. */
  whileAlive<T>(answer: Promise<T>): Promise<T | undefined>;
  onFreeze(listener: (ms: number) => void): void;
}

export function life(name: string, clock: WorldClock, skew: number): Life {
  const deaths: (() => void)[] = [];
  const freezes: ((ms: number) => void)[] = [];
  let dead = false;
  let thaw: Promise<void> | undefined;

  const onDeath = (listener: () => void): void => void deaths.push(listener);

  async function gate(): Promise<void> {
    for (; thaw && !dead; ) await thaw;
    // A fresh promise: one that all the dead share would keep them in memory.
    if (dead) await new Promise(() => {});
  }

  const runtime: Runtime = {
    // Whole, as a machine's: a number of milliseconds stands in records, too.
    now: () => Math.floor(clock.now()) + skew,
    random: clock.random,
    id: clock.id,
    async sleep(ms, signal) {
      await clock.sleep(ms, signal);
      await gate();
    },
  };

  return {
    name,
    runtime,
    dead: () => dead,
    frozen: () => thaw !== undefined,
    gate,
    crash() {
      if (dead) return;
      clock.tell(`${name} is killed`);
      dead = true;
      for (const listener of deaths) listener();
    },
    async freeze(ms) {
      if (dead || thaw) return;
      clock.tell(`${name} is frozen for ${ms} ms`);
      const thawed = Promise.withResolvers<void>();
      thaw = thawed.promise;
      for (const listener of freezes) listener(ms);
      await clock.sleep(ms);
      thaw = undefined;
      clock.tell(`${name} goes on`);
      thawed.resolve();
    },
    onDeath,
    whileAlive: (answer) => Promise.race([new Promise<undefined>((resolve) => onDeath(() => resolve(undefined))), answer]),
    onFreeze: (listener) => void freezes.push(listener),
  };
}
