import type { EventSource } from '@claras/contracts/topics';
import type { Backing } from '@claras/ports/backing';
import type { Runtime } from '@claras/ports/runtime';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';
import { createProblems } from './problems.ts';

/**
 * Publishes what services commit (their relays), and keeps /health and the metrics true: how much waits in each outbox, since when, and
 * whether Kafka takes it. The embedded store has no outbox: what is committed is published.
 */
export function tellEvents(
  { store, relay }: Pick<Backing, 'store' | 'relay'>,
  services: readonly EventSource[],
  { metrics, health, runtime }: { metrics: Metrics; health: Health; runtime: Runtime },
): { close(): Promise<void> } {
  const waiting = metrics.gauge('claras_outbox_entries', 'Events that are committed and not yet published', ['source']);
  const age = metrics.gauge('claras_outbox_oldest_age_seconds', 'Age of the oldest of them', ['source']);

  function tell(source: EventSource): { close(): Promise<void> } {
    const problems = createProblems(health, `relay ${source}`);
    return relay(source, {
      onState(state) {
        if (state === 'failed') problems.set('bus', 'events wait in the outbox until Kafka takes them');
        else problems.clear('bus');
      },
      onDepth({ entries, oldest }) {
        waiting.set({ source }, entries);
        age.set({ source }, oldest === undefined ? 0 : Math.max(0, runtime.now() - oldest) / 1000);
      },
    });
  }

  const relays = services.filter((service) => store.outbox(service)).map(tell);
  return {
    async close() {
      await Promise.all(relays.map((one) => one.close()));
    },
  };
}
