import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import manifest from '../package.json' with { type: 'json' };

/** Seconds; the answer of a SCIM request and the work of a consumer both fall into them. */
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * A registry with the process's own metrics. Asked twice for one name it gives the same metric, so that services that share a process
 * share it too. Labels never hold personal data, and a tenant's id on gauges only.
 */
export function createMetrics(service: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });

  const once = <T>(name: string, make: () => T): T => (registry.getSingleMetric(name) as T | undefined) ?? make();
  const registers = [registry];

  const metrics = {
    counter: <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
      once(name, () => new Counter({ name, help, labelNames, registers })),
    gauge: <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
      once(name, () => new Gauge({ name, help, labelNames, registers })),
    histogram: <L extends string = never>(name: string, help: string, labelNames: readonly L[] = [], buckets = seconds): Histogram<L> =>
      once(name, () => new Histogram({ name, help, labelNames, buckets, registers })),
    /** All of them in Prometheus' text format, and its content type. */
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
  const { version } = manifest;
  metrics.gauge('claras_build_info', 'What runs here: always 1', ['version', 'node']).set({ version, node: process.versions.node }, 1);
  return metrics;
}
export type Metrics = ReturnType<typeof createMetrics>;
