import { toRecord } from '@claras/contracts/cloud-event';
import type { RequestFact } from '@claras/contracts/events';
import { topics } from '@claras/contracts/topics';
import type { Bus } from '@claras/ports/bus/bus';
import type { Runtime } from '@claras/ports/runtime';

const again = 30_000;

/**
 * Asks on `claras.request.v1` for a snapshot of a tenant whose events a reader cannot go on with, now and then until one has come. A request
 * that is lost is asked again, so it needs no outbox.
 */
export function snapshotRequests({ name, bus, runtime }: { name: string; bus: Bus; runtime: Runtime }) {
  const asked = new Map<string, number>();

  return async (tenant: string, applied: number, reason: string): Promise<void> => {
    const now = runtime.now();
    for (const [other, at] of asked) if (now - at >= again) asked.delete(other);
    if (asked.has(tenant)) return;
    asked.set(tenant, now);
    const fact: RequestFact = { type: 'snapshot.requested', data: { consumer: name, applied, reason } };
    const event = { ...fact, subject: `Consumers/${name}`, time: new Date(now).toISOString() };
    await bus.publish(topics.request.name, [toRecord('request', name, tenant, now, event)]);
  };
}
