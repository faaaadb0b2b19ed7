import type { EventSource } from '@claras/contracts/topics';
import type { Backing } from '@claras/ports/backing';
import type { Runtime } from '@claras/ports/runtime';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';
import { createProblems } from './problems.ts';

const interval = 2000;

/**
 * Publishes what services commit (their relays), and keeps /health and the metrics true: how much waits in each outbox, since when, and
 * whether Kafka takes it. The embedded store has no outbox: what is committed is published.
 */
export function tellEvents(
  backing: Pick<Backing, 'store' | 'relay'>,
  services: readonly EventSource[],
  { metrics, health, runtime }: { metrics: Metrics; health: Health; runtime: Runtime },
): { close(): Promise<void> } {
  const closing = new AbortController();
  const entries = metrics.gauge('claras_outbox_entries', 'Events that are committed and not yet published', ['source']);
  const age = metrics.gauge('claras_outbox_oldest_age_seconds', 'Age of the oldest of them', ['source']);

  const lives = services.map(async (service) => {
    const outbox = backing.store.outbox(service);
    if (!outbox) return;
    const problems = createProblems(health, `relay ${service}`);
    const relay = backing.relay(service, (state) => {
      if (state === 'failed') problems.set('bus', 'events wait in the outbox until Kafka takes them');
      else problems.clear('bus');
    });
    while (!closing.signal.aborted) {
      const depth = await outbox.depth().catch(() => undefined);
      if (depth) {
        entries.set({ source: service }, depth.entries);
        age.set({ source: service }, depth.oldest === undefined ? 0 : Math.max(0, runtime.now() - depth.oldest) / 1000);
      }
      await runtime.sleep(interval, closing.signal);
    }
    await relay.close();
  });

  return {
    async close() {
      closing.abort();
      await Promise.all(lives);
    },
  };
}
