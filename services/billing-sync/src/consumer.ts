import { type ControlFact, controlEvents, erasureAmong, type TeamFact } from '@claras/contracts/events';
import type { Billing } from '@claras/ports/billing/billing';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import type { ConsumerParts } from '@claras/service-kit/consumer';
import { consumerMetrics } from '@claras/service-kit/consumer-metrics';
import { pauseGate } from '@claras/service-kit/pause-gate';
import { createProblems } from '@claras/service-kit/problems';
import { readTopic } from '@claras/service-kit/topic-reader';
import { Value } from 'typebox/value';
import { bills } from './bills.ts';
import { seatsChangedAt } from './decide.ts';
import { dirtyTenants } from './dirty-tenants.ts';
import { reconcile } from './reconcile.ts';
import { seatSender } from './sender.ts';

const name = 'billing-sync';

/**
 * Keeps the billed quantity equal to the active profiles. Level-triggered: an event only says that a tenant's seats may have changed, so
 * lost, doubled or reordered ones cannot make it wrong, and no sequence needs guarding here.
 */
export async function billingSync(
  parts: ConsumerParts & { coreApp: Pick<CoreApp, 'seats'>; billing: Billing },
): Promise<{ close(): Promise<void> }> {
  const { metrics, health } = parts;
  const measure = consumerMetrics(metrics, name, 'team');
  const problems = createProblems(health, name);
  const gate = pauseGate({ ...parts, name, measure, problems });
  const tenants = dirtyTenants(parts);
  const known = bills(parts);
  const sender = seatSender({ ...parts, tenants, bills: known, problems, gate });
  const reconciling = reconcile({ ...parts, tenants, bills: known, gate, wake: sender.wake });

  const reader = await readTopic<TeamFact>({
    ...parts,
    name,
    topic: 'team',
    // One mark serves many events.
    gathers: true,
    standsAlone: true,
    measure,
    problems,
    gate,
    async take(tenant, events) {
      const erased = erasureAmong(events);
      if (erased) {
        await tenants.mark(tenant, erased.sequence, true);
        sender.wake();
      }
      const sequence = erased ? undefined : seatsChangedAt(events);
      if (sequence !== undefined && !(await known.read(tenant)).bill.erased) {
        await tenants.mark(tenant, sequence);
        sender.wake();
      }
      measure.processed('applied', events.length);
    },
  });

  /** An approval counts while what it approves is still held. What others than the console wrote to the topic may say anything. */
  const control = { name: `${name}-control`, measure: consumerMetrics(metrics, `${name}-control`, 'control') };
  const troubles = createProblems(health, control.name);
  const obeying = await readTopic<ControlFact>({
    ...parts,
    ...control,
    topic: 'control',
    standsAlone: true,
    problems: troubles,
    gate: pauseGate({ ...parts, ...control, problems: troubles }),
    async take(tenant, decided) {
      for (const { type, data } of decided) {
        if (type !== 'seats.approved' || !Value.Check(controlEvents[type], data)) continue;
        await known.change(tenant, (bill) => (bill.held?.quantity === data.quantity ? { ...bill, approved: data } : undefined));
        sender.hurry(tenant);
      }
    },
  });

  return {
    async close() {
      await Promise.all([reader.close(), obeying.close(), reconciling.close()]);
      await sender.close();
    },
  };
}
