import type { LagReport } from '@claras/contracts/console-api';
import { topicOfService, topics } from '@claras/contracts/topics';
import type { Bus, PartitionLag } from '@claras/ports/bus/bus';
import type { Store } from '@claras/ports/store/store';
import type { Pauses } from '@claras/service-kit/pauses';

interface Waiting {
  messages: number;
  seconds: number | null;
}

/** Messages add up; of the ages the highest counts, and none is known where something waits and nobody knows since when. */
function together(parts: readonly Waiting[]): Waiting {
  const ages = parts.flatMap(({ messages, seconds }) => (messages > 0 && seconds !== null ? [seconds] : []));
  const messages = parts.reduce((sum, part) => sum + part.messages, 0);
  return { messages, seconds: messages > 0 && ages.length === 0 ? null : Math.max(0, ...ages) };
}

const waitingIn = ({ partition, lag, oldest }: PartitionLag, now: number) => ({
  partition,
  messages: lag,
  seconds: oldest === undefined ? null : Math.max(0, now - oldest) / 1000,
});

async function lagOf(bus: Bus, group: string, topic: string, now: number): Promise<LagReport['groups'][number]> {
  const partitions = (await bus.lag(group, [topic])).filter(({ lag }) => lag > 0).map((partition) => waitingIn(partition, now));
  return { group, topic, ...together(partitions), partitions };
}

/** What services have committed and the bus has not. */
async function outboxesOf(store: Store, now: number): Promise<LagReport['outboxes']> {
  const found = await Promise.all(
    Object.keys(topicOfService).map(async (source) => ({ source, depth: await store.outbox(source)?.depth() })),
  );
  return found.flatMap(({ source, depth }) => {
    if (!depth) return [];
    return [{ source, messages: depth.entries, seconds: depth.oldest === undefined ? null : Math.max(0, now - depth.oldest) / 1000 }];
  });
}

/** What waits for each reader of each topic in the routing table (M28), and who is paused. `now`: milliseconds since 1970. */
export async function lagReport(bus: Bus, store: Store, pauses: Pauses, now: number): Promise<LagReport> {
  const readings = Object.values(topics).flatMap(({ name, readers }) => readers.map((group) => lagOf(bus, group, name, now)));
  const [found, outboxes] = await Promise.all([Promise.all(readings), outboxesOf(store, now)]);
  const states = await pauses.read(found.map(({ group }) => group));
  const groups = found.map((group, n) => ({ ...group, ...(states[n]?.paused ? { paused: states[n].paused } : {}) }));
  return { ...together(groups), groups, outboxes };
}
