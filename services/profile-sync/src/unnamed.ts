import type { IdentityRemoval } from '@claras/contracts/core-app';
import type { DirectoryEvent, DirectoryFact } from '@claras/contracts/events';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { SendChanges } from '@claras/service-kit/core-changes';
import { settledEvents } from '@claras/service-kit/outcomes';
import type { Problems } from '@claras/service-kit/problems';
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
  log: Log;
  problems: Problems;
}

/**
 * Whoever a snapshot did not name does not exist: profiles of such users are archived, as by DELETE. Unless that would be most of them: then
 * nobody is, somebody is told, and `claras-scim verify --repair` does it.
 */
export function unnamed({ name, coreApp, send, runtime, log, problems }: Parts) {
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
    const cause = `snapshot ${tenant}`;
    problems.clear(cause);
    if (wouldArchiveMost(users.length, data.users)) {
      problems.set(cause, `a snapshot names ${data.users} users and would archive ${users.length} others: see claras-scim verify`);
      log.error({ tenant, named: data.users, unnamed: users.length }, 'a snapshot would archive most profiles; nothing is done');
      return 'done';
    }
    for (let at = 0; at < users.length; at += pageSize) {
      const changes = users.slice(at, at + pageSize).map((user): IdentityRemoval => ({ facet: 'removal', user, sequence }));
      const results = await send(turn, changes);
      await turn.settle(sequence - 1, { events: settledEvents(name, sequence - 1, results, runtime.now()) });
    }
    return 'done';
  };
}
