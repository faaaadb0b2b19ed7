import type { OutgoingEvent } from '@claras/contracts/cloud-event';
import type { ChangeResult, OutcomeFact } from '@claras/contracts/events';

/** So that an event stays far below Kafka's 1 MiB. */
const mostResults = 500;

/** What a consumer tells of itself. */
export const outcomeEvent = (consumer: string, now: number, fact: OutcomeFact): OutgoingEvent => ({
  ...fact,
  subject: `Consumers/${consumer}`,
  time: new Date(now).toISOString(),
});

/** What a consumer tells of the events that it settles, in the commit that settles them (DECISIONS 12). */
export function settledEvents(consumer: string, through: number, results: readonly ChangeResult[], now: number): OutgoingEvent[] {
  const events: OutgoingEvent[] = [];
  for (let at = 0; at === 0 || at < results.length; at += mostResults)
    events.push(
      outcomeEvent(consumer, now, { type: 'events.settled', data: { consumer, through, results: results.slice(at, at + mostResults) } }),
    );
  return events;
}
