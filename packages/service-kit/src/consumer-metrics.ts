import type { TopicName } from '@claras/contracts/topics';
import type { PartitionLag } from '@claras/ports/bus/bus';
import type { Metrics } from './metrics.ts';

/**
 * What became of an event here. `parked`: it is no event of ours, or stands alone and is at fault. `aside`: its tenant is stopped. `missed`: it
 * went aside and is not kept, since the queue is full. `retried`: once for each failed attempt.
 */
export type Processed = 'applied' | 'duplicate' | 'aside' | 'missed' | 'parked' | 'retried';

export const alarmsGauge = (metrics: Metrics) =>
  metrics.gauge('claras_consumer_alarms', 'Tenants of which somebody must know something', ['consumer_group', 'kind']);

/** What an operator watches of one consumer (names: docs/metrics.md). */
export function consumerMetrics(metrics: Metrics, consumer_group: string, topic: TopicName) {
  const group = ['consumer_group'] as const;
  const partition = [...group, 'topic', 'partition'] as const;
  const processed = metrics.counter('claras_consumer_processed_total', 'Events by what became of them', [...group, 'result']);
  const duration = metrics.histogram('claras_consumer_handle_duration_seconds', 'Time to apply the events of one tenant in a batch', group);
  const latency = metrics.histogram('claras_provisioning_latency_seconds', 'Time from the commit of an event to its effect', group);
  const messages = metrics.gauge('claras_consumer_lag_messages', 'Records that wait', partition);
  const age = metrics.gauge('claras_consumer_oldest_unprocessed_age_seconds', 'Age of the oldest record that waits', partition);
  const rebalances = metrics.counter('claras_consumer_rebalances_total', 'Times that partitions were shared out anew', group);
  const stopped = metrics.gauge('claras_consumer_tenants_stopped', 'Tenants whose events wait aside', [...group, 'reason']);
  const alarms = alarmsGauge(metrics);
  const paused = metrics.gauge('claras_consumer_paused', 'Whether the operator has it paused', group);
  const parked = metrics.gauge('claras_dlq_depth', 'Records that are parked', [...group, 'topic']);

  return {
    processed: (result: Processed, count = 1) => processed.inc({ consumer_group, result }, count),
    handled: (seconds: number) => duration.observe({ consumer_group }, seconds),
    effective: (seconds: number) => latency.observe({ consumer_group }, Math.max(0, seconds)),
    rebalanced: () => rebalances.inc({ consumer_group }),
    stopped: (reason: string, tenants: number) => stopped.set({ consumer_group, reason }, tenants),
    alarms: (kind: string, tenants: number) => alarms.set({ consumer_group, kind }, tenants),
    paused: (is: boolean) => paused.set({ consumer_group }, is ? 1 : 0),
    parked: (records: number) => parked.set({ consumer_group, topic }, records),
    lag(partitions: readonly PartitionLag[], now: number): void {
      for (const { partition, lag, oldest } of partitions) {
        messages.set({ consumer_group, topic, partition: String(partition) }, lag);
        age.set({ consumer_group, topic, partition: String(partition) }, oldest === undefined ? 0 : Math.max(0, now - oldest) / 1000);
      }
    },
  };
}
export type ConsumerMetrics = ReturnType<typeof consumerMetrics>;
