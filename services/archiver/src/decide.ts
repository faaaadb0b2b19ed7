import type { AccessChange } from '@claras/contracts/core-app';
import type { DirectoryEvent } from '@claras/contracts/events';

/** What the events change in access: everything else is passed over. A new user's first access travels with its identity. */
export function decide(events: readonly DirectoryEvent[]): AccessChange[] {
  return events.flatMap((event): AccessChange[] => {
    const { sequence } = event;
    if (event.type === 'user.deleted') return [{ facet: 'access', user: event.data.id, sequence, access: 'archived' }];
    if (event.type === 'snapshot.users') return event.data.users.map((user) => ({ ...accessOf(user, sequence), restated: true }));
    if (event.type !== 'user.updated' || !event.data.changed.includes('active')) return [];
    return [accessOf(event.data.user, sequence)];
  });
}

const accessOf = ({ id, active }: { id: string; active: boolean }, sequence: number): AccessChange => ({
  facet: 'access',
  user: id,
  sequence,
  access: active ? 'active' : 'archived',
});
