import type { CoreChange } from '@claras/contracts/core-app';
import type { DirectoryFact } from '@claras/contracts/events';
import type { Store } from '@claras/ports/store/store';
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
}
const cursorKey = 'cursor';

/**
 * Applies an event about many users: walks them in pages, each committed with the cursor; the applied sequence moves on with the last one, so
 * the tenant's later events wait. Within a batch only when one page does.
 */
export async function recheck(
  parts: { store: Store; send: (tenant: string, changes: readonly CoreChange[]) => Promise<void> },
  turn: Turn<DirectoryFact>,
  event: WideEvent,
): Promise<'done' | 'later'> {
  const { store, send } = parts;
  const { tenant, scope } = turn;
  const group = groupOf(event);
  const index = group === undefined ? usersIndex : membersIndex(group);
  const [cursor] = await store.read<Cursor>(scope, [cursorKey]);
  let after = cursor?.value.sequence === event.sequence ? cursor.value.after : undefined;

  for (;;) {
    const { members: users, total } = await store.range(scope, index, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    if (total > pageSize && !turn.background) return 'later';
    const before = await gather(store, scope, users, group === undefined ? [] : [group]);
    const decision = decidePage(before, event, users);
    await send(tenant, decision.changes);

    const change = describe(before, decision.after);
    if (users.length < pageSize) {
      await turn.settle(event.sequence, ended(change, event));
      return 'done';
    }
    after = users.at(-1)!;
    const reached: Cursor = { sequence: event.sequence, after };
    await turn.settle(event.sequence - 1, { ...change, put: { ...change.put, [cursorKey]: reached } });
  }
}

function ended(change: ReturnType<typeof describe>, event: WideEvent): ProjectionChange {
  const remove = [...change.remove, cursorKey];
  if (event.type !== 'group.deleted') return { ...change, remove };
  const gone = withoutGroup(event.data.id);
  return { ...change, remove: [...remove, ...gone.remove], drop: gone.drop };
}
