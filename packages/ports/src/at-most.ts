import type { Runtime } from './runtime.ts';

/** Resolves when the work is done, or after `ms`: whoever ends waits no longer, and leaves no timer behind. */
export async function atMost(ms: number, work: Promise<unknown>, runtime: Runtime): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, runtime.sleep(ms, done.signal)]).finally(() => done.abort());
}
