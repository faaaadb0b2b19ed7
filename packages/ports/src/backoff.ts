import type { Runtime } from './runtime.ts';

/** Waits before attempt `failures` + 1: full jitter over a range that doubles from 100 ms to `most` (AWS, "Exponential Backoff And Jitter"). */
export async function backoff(runtime: Runtime, failures: number, most: number, signal?: AbortSignal): Promise<void> {
  await runtime.sleep(runtime.random() * Math.min(most, 50 * 2 ** Math.min(failures, 20)), signal);
}
