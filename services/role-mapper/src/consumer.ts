import type { DirectoryEvent, DirectoryFact } from '@claras/contracts/events';
import type { CoreApp } from '@claras/ports/core-app/core-app';
import { type ConsumerParts, consumeEvents } from '@claras/service-kit/consumer';
import { coreChanges, type SendChanges } from '@claras/service-kit/core-changes';
import { settledEvents } from '@claras/service-kit/outcomes';
import type { Turn } from '@claras/service-kit/turn';
import { affectedUsers, decide, isWide, type WideEvent } from './decide.ts';
import { describe, gather } from './projection.ts';
import { pageSize, recheck } from './recheck.ts';

const name = 'role-mapper';

/** Keeps the role of profiles as group membership and the tenant's role mapping give it. */
export function roleMapper(parts: ConsumerParts & { coreApp: Pick<CoreApp, 'apply'> }): Promise<{ close(): Promise<void> }> {
  const { store } = parts;
  const kept = parts.metrics.counter('claras_owner_downgrade_blocked_total', 'Lower roles that an owner did not get');
  const ask = coreChanges(parts);
  const send: SendChanges = async (turn, changes) => {
    const results = await ask(turn, changes);
    kept.inc(results.filter(({ outcome }) => outcome === 'refused').length); // no other rule refuses a role
    return results;
  };

  async function fold(turn: Turn<DirectoryFact>, events: readonly DirectoryEvent[]): Promise<void> {
    const { read, settle } = turn;
    const groups = events.flatMap((event) =>
      event.type === 'group.members.changed' || event.type === 'snapshot.members' ? [event.data.group] : [],
    );
    const before = await gather(read, events.flatMap(affectedUsers), groups);
    const { after, changes } = decide(before, events);
    const results = await send(turn, changes);
    const through = events.at(-1)!.sequence;
    await settle(through, { ...describe(before, after), events: settledEvents(name, through, results, parts.runtime.now()) });
  }

  return consumeEvents<DirectoryFact>({
    ...parts,
    name,
    topic: 'directory',
    async handle(turn) {
      for (const step of steps(turn)) {
        if (Array.isArray(step)) await fold(turn, step);
        else if ((await recheck({ name, store, send, runtime: parts.runtime }, turn, step)) === 'later') return 'later';
      }
      return 'done';
    },
  });
}

/** The events as they are worked off: wide ones alone, the others together as long as they touch few users. */
function steps({ events, beginsAnew }: Turn<DirectoryFact>): (DirectoryEvent[] | WideEvent)[] {
  const found: (DirectoryEvent[] | WideEvent)[] = [];
  let users = 0;
  for (const event of events) {
    const last = found.at(-1);
    const more = affectedUsers(event).length;
    if (isWide(event) && (event.type !== 'snapshot.started' || beginsAnew(event))) found.push(event);
    else if (Array.isArray(last) && users + more <= pageSize) {
      last.push(event);
      users += more;
    } else {
      found.push([event]);
      users = more;
    }
  }
  return found;
}
