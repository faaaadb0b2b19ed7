import { createHash } from 'node:crypto';
import { type VirtualRuntime, virtualRuntime } from '../../packages/ports/test/virtual-runtime.ts';

/** One time and one pair of dice for everything in a simulation: a seed is a history. */
export interface WorldClock extends VirtualRuntime {
  oneIn(n: number): boolean;
  /** 0 <= x < n, whole. */
  below(n: number): number;
  pick<T>(items: readonly T[]): T;
  /** Writes a line into the history. */
  tell(line: string): void;
  /** The history's digest: equal for two runs that did the same in the same order. */
  digest(): string;
}

const start = Date.UTC(2026, 0, 1);

/** `say` hears the history as it is told. */
export function worldClock(seed: number, say: (line: string) => void = () => {}): WorldClock {
  const runtime = virtualRuntime(seed, start);
  const history = createHash('sha256');
  const below = (n: number): number => Math.floor(runtime.random() * n);

  return {
    ...runtime,
    below,
    oneIn: (n) => below(n) === 0,
    pick: (items) => items[below(items.length)]!,
    tell(line) {
      const told = `${runtime.now() - start} ${line}`;
      history.update(`${told}\n`);
      say(told);
    },
    digest: () => history.copy().digest('hex').slice(0, 16),
  };
}
