import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { Health } from './health.ts';

const interval = 2000;

/** Asks each dependency now and then whether it answers, and keeps /health and the metrics true. One at a time for each dependency. */
export function watchDependencies(
  dependencies: Record<string, () => Promise<void>>,
  { health, runtime, log }: { health: Health; runtime: Runtime; log: Log },
): { close(): Promise<void> } {
  const stopped = new AbortController();
  const state = new Map<string, boolean>();

  async function watch(name: string, ping: () => Promise<void>): Promise<void> {
    while (!stopped.signal.aborted) {
      const fault = await ping().then(
        () => undefined,
        (error: Error) => error,
      );
      health.set(name, fault ? { ok: false, detail: 'does not answer; waiting for it' } : { ok: true });
      if (fault && state.get(name) !== false) log.warn({ dependency: name, err: fault }, 'does not answer; waiting for it');
      if (!fault && state.get(name) === false) log.info({ dependency: name }, 'answers again');
      state.set(name, !fault);
      await runtime.sleep(interval, stopped.signal);
    }
  }

  const watches = Object.entries(dependencies).map(([name, ping]) => watch(name, ping));
  return {
    async close() {
      stopped.abort();
      await Promise.all(watches);
    },
  };
}
