import { topics } from '@claras/contracts/topics';
import { type Erased, erasures } from '@claras/directory/erasures';
import type { Team } from '@claras/ports/core-app/core-app';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { Store } from '@claras/ports/store/store';
import { alarms } from '@claras/service-kit/alarms';
import { deadLetters } from '@claras/service-kit/dead-letters';
import type { Health } from '@claras/service-kit/health';
import type { Metrics } from '@claras/service-kit/metrics';
import { createProblems } from '@claras/service-kit/problems';
import type { SignIn } from '../sign-in/sign-in.ts';

const coreApp = 'core-app';
/** Whoever has something of a tenant beside the directory, and ends it: told by the eraser, or by the events that end a tenant. */
export const holders: readonly string[] = [coreApp, ...topics.directory.readers, ...topics.team.readers];

const lookEvery = 1000;

interface Parts {
  store: Store;
  team: Pick<Team, 'erase'>;
  signIn: Pick<SignIn, 'forget'>;
  runtime: Runtime;
  log: Log;
  metrics: Metrics;
  health: Health;
}

/**
 * Erases the tenants that shall be: ends the directory, lets the core app erase its people, and waits until each reader has come to the event and
 * ended its own; of what has ended it sweeps out what is left. Begins where it was broken off; two at once do no harm.
 */
export function tenantEraser({ team, signIn, metrics, health, ...durable }: Parts): { close(): Promise<void> } {
  const { store, runtime, log } = durable;
  const known = erasures(durable);
  const letters = deadLetters(store, runtime);
  const raised = alarms(durable);
  const problems = createProblems(health, 'erasures');
  const waiting = metrics.gauge('claras_tenants_erasing', 'Tenants that are being erased');
  const closing = new AbortController();

  async function end(tenant: Erased): Promise<number> {
    const sequence = await known.endDirectory(tenant);
    await team.erase(tenant.id, sequence);
    await store.sweep(`edge/${tenant.id}`);
    return sequence;
  }

  async function attend(id: string): Promise<void> {
    const tenant = await known.get(id);
    if (!tenant) return;
    const { sequence: told, waiting } = tenant.erasure;
    const sequence = told ?? (await end(tenant));
    const left: string[] = [];
    for (const service of waiting) if (service !== coreApp && !(await store.sweep(`${service}/${id}`))) left.push(service);
    if (left.length === 0) await forget(id);
    if (told === undefined || left.length < waiting.length) await known.note(id, { sequence, waiting: left });
    if (left.length === 0) log.info({ tenant: id }, 'a tenant is erased');
  }

  /** What stands between the services and the operator. Last, since until then somebody may have added to it. */
  async function forget(id: string): Promise<void> {
    await letters.erase(id);
    await signIn.forget(id);
    for (const alarm of await raised.list()) if (alarm.tenant === id) await raised.end(alarm);
  }

  async function live(): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; await runtime.sleep(lookEvery, closing.signal)) {
      try {
        const unfinished = await known.unfinished();
        waiting.set({}, unfinished.length);
        for (const id of unfinished) await attend(id);
        failures = 0;
        problems.clear('erasing');
      } catch (error) {
        problems.set('erasing', 'a tenant cannot be erased; it is tried again');
        if (Number.isInteger(Math.log2(++failures))) log.warn({ err: error, failures }, 'cannot erase a tenant; trying again');
      }
    }
  }
  const life = live();

  return {
    async close() {
      closing.abort();
      await life;
    },
  };
}
