import { setTimeout as sleep } from 'node:timers/promises';

/** Calls `send` at a fixed rate, whatever the answers take (an open loop: a slow answer does not slow down what comes after it). */
export async function paced(perSecond: number, count: number, send: (n: number) => Promise<void>): Promise<void> {
  const start = performance.now();
  const under: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    const early = start + (n * 1000) / perSecond - performance.now();
    if (early > 0) await sleep(early);
    under.push(send(n));
  }
  await Promise.all(under);
}

/** Nearest rank. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;
