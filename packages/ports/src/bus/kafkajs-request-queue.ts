import { createRequire } from 'node:module';

interface RequestQueue {
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  throttledUntil: number;
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

/**
 * kafkajs 2.2.4 schedules the next look at its request queue after each look, also while nothing waits: each connection polls every
 * millisecond for ever (5 % of a core when idle, and TimeoutNegativeWarning on Node 24; tulios/kafkajs#1704, #1751). With this, an empty
 * queue that is not throttled schedules nothing; the next request does.
 */
export function quietRequestQueue(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  if (schedule.name === 'scheduleWhenNeeded') return;
  prototype.scheduleCheckPendingRequests = function scheduleWhenNeeded(this: RequestQueue): void {
    const throttled = this.throttledUntil > Date.now();
    if (this.pending.length > 0 || throttled) schedule.call(this);
  };
}
