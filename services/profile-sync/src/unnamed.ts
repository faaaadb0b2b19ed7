import type { IdentityRemoval } from '@claras/contracts/core-app';
import type { DirectoryEvent, DirectoryFact } from '@claras/contracts/events';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import type { Runtime } from '@claras/ports/runtime';
import type { Alarms } from '@claras/service-kit/alarms';
import type { SendChanges } from '@claras/service-kit/core-changes';
import { settledEvents } from '@claras/service-kit/outcomes';
import type { Turn } from '@claras/service-kit/turn';
import { wouldArchiveMost } from './decide.ts';

export type FinishedSnapshot = Extract<DirectoryEvent, { type: 'snapshot.finished' }>;
export const isFinished = (event: DirectoryEvent): event is FinishedSnapshot => event.type === 'snapshot.finished';

const pageSize = 500;

interface Parts {
  name: string;
  coreApp: Pick<CoreApp, 'linkedBefore'>;
  send: SendChanges;
  runtime: Runtime;
  alarms: Alarms;
}

/**
 * Whoever a snapshot did not name does not exist: profiles of such users are archived, as by DELETE. Unless that would be most of them: then
 * nobody is, somebody is told, and `claras-scim verify --repair` does it.
 */
export function unnamed({ name, coreApp, send, runtime, alarms }: Parts) {
  async function find(tenant: string, before: number): Promise<string[]> {
    const found: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await coreApp.linkedBefore(tenant, before, { limit: pageSize, ...(after === undefined ? {} : { after }) });
      found.push(...page.users);
      if (page.next === undefined) return found;
      after = page.next;
    }
  }

  return async (
    turn: Turn<DirectoryFact>,
    { sequence, data }: FinishedSnapshot,
    started: number | undefined,
  ): Promise<'done' | 'later'> => {
    const { tenant } = turn;
    if (started === undefined) return 'done';
    if (!turn.background && data.users > pageSize) return 'later';
    const users = await find(tenant, started);
    const alarm = { consumer: name, tenant, kind: 'would-archive-most' } as const;
    if (wouldArchiveMost(users.length, data.users)) {
      await alarms.raise(alarm, `a snapshot names ${data.users} users and would archive ${users.length} others: see claras-scim verify`);
      return 'done';
    }
    await alarms.end(alarm);
    for (let at = 0; at < users.length; at += pageSize) {
      const changes = users.slice(at, at + pageSize).map((user): IdentityRemoval => ({ facet: 'removal', user, sequence }));
      const results = await send(turn, changes);
      await turn.settle(sequence - 1, { events: settledEvents(name, sequence - 1, results, runtime.now()) });
    }
    return 'done';
  };
}
