import type { DirectoryFact } from '@claras/contracts/events';
import type { Runtime } from '@claras/ports/runtime';
import { merged } from '@claras/ports/store/keyed';
import type { Store } from '@claras/ports/store/store';
import type { SendChanges } from '@claras/service-kit/core-changes';
import { outcomeEvent, settledEvents } from '@claras/service-kit/outcomes';
import type { ProjectionChange } from '@claras/service-kit/position';
import type { Turn } from '@claras/service-kit/turn';
import { decidePage, groupOf, type WideEvent } from './decide.ts';
import { describe, gather, membersIndex, usersIndex, withoutGroup } from './projection.ts';

/** Users in one step: one read, one call of the core app, one commit. */
export const pageSize = 500;

/** How far a walk is: resumed from here after a crash. */
interface Cursor {
  sequence: number;
  after: string;
  /** Users that were looked at, and of those the ones whose role changed. */
  done: number;
  changed: number;
}
const cursorKey = 'cursor';

/**
 * Applies an event about many users: walks them in pages, each committed with the cursor; the applied sequence moves on with the last one, so
 * the tenant's later events wait. Within a batch only when one page does.
 */
export async function recheck(
  parts: { name: string; store: Store; send: SendChanges; runtime: Runtime },
  turn: Turn<DirectoryFact>,
  event: WideEvent,
): Promise<'done' | 'later'> {
  const { name, store, send, runtime } = parts;
  const { scope } = turn;
  const group = groupOf(event);
  const index = group === undefined ? usersIndex : membersIndex(group);
  const [cursor] = await turn.read<Cursor>([cursorKey]);
  const resumed = cursor?.value.sequence === event.sequence ? cursor.value : undefined;
  let { after, done, changed } = { after: resumed?.after, done: resumed?.done ?? 0, changed: resumed?.changed ?? 0 };

  for (;;) {
    const { members: users, total } = await store.range(scope, index, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    if (total > pageSize && !turn.background) return 'later';
    const before = await gather(turn.read, users, group === undefined ? [] : [group]);
    const decision = decidePage(before, event, users);
    const results = await send(turn, decision.changes);
    done += users.length;
    changed += results.filter(({ outcome }) => outcome === 'applied').length;

    const change = describe(before, decision.after);
    const finished = users.length < pageSize;
    const through = finished ? event.sequence : event.sequence - 1;
    const events = settledEvents(name, through, results, runtime.now());
    if (event.type === 'provisioning.changed')
      events.push(
        outcomeEvent(name, runtime.now(), {
          type: 'recheck.progressed',
          data: { sequence: event.sequence, done, total, changed, finished },
        }),
      );
    if (finished) {
      await turn.settle(through, { ...ended(change, event), events });
      return 'done';
    }
    after = users.at(-1)!;
    const reached: Cursor = { sequence: event.sequence, after, done, changed };
    await turn.settle(through, { ...change, put: merged<unknown>(change.put, { [cursorKey]: reached }), events });
  }
}

function ended(change: ReturnType<typeof describe>, event: WideEvent): ProjectionChange {
  const remove = [...change.remove, cursorKey];
  if (event.type !== 'group.deleted') return { ...change, remove };
  const gone = withoutGroup(event.data.id);
  return { ...change, remove: [...remove, ...gone.remove], drop: gone.drop };
}
