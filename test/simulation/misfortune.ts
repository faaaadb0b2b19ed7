import { snapshots } from '@claras/directory/snapshots';
import type { Store } from '@claras/ports/store/store';
import { consumerNames } from './processes.ts';
import type { Weather } from './weather.ts';
import type { WorldClock } from './world-clock.ts';

/**
 * What no process does and a snapshot answers: a consumer loses what it knew of a tenant, or the store's history breaks off. Roles that were
 * given and taken between may be lost with it. `none` most of the time, so that nothing hides what must hold then.
 */
export type Misfortune = 'none' | 'forgetful' | 'new epochs';

interface World {
  clock: WorldClock;
  weather: Weather;
  store: Store;
  tenants: readonly string[];
}

export const misfortuneOf = (clock: WorldClock): Misfortune => clock.pick(['none', 'none', 'none', 'forgetful', 'new epochs']);

/** Strikes now and then until the storm is over; then the directory says everything anew, also where nothing happens any more. */
export async function strike(misfortune: Misfortune, { clock, weather, store, tenants }: World): Promise<void> {
  while (misfortune !== 'none' && !weather.calm()) {
    await clock.sleep(clock.below(8000));
    if (misfortune === 'new epochs') {
      clock.tell('a new epoch');
      await store.raiseEpoch();
    } else await forget(clock.pick(consumerNames), clock.pick(tenants), clock, store);
  }
  if (misfortune === 'none') return;
  for (const tenant of tenants)
    await snapshots({ store, runtime: clock }).want(tenant, { by: 'operator', reason: 'a simulation', rebuild: clock.oneIn(2) });
}

async function forget(consumer: string, tenant: string, clock: WorldClock, store: Store): Promise<void> {
  const { members: users } = await store.range(`${consumer}/${tenant}`, 'users', { limit: 1000 });
  const { members: groups } = await store.range(`edge/${tenant}`, 'groups', { limit: 1000 });
  clock.tell(`${consumer} forgets ${tenant}`);
  await store.commit(`${consumer}/${tenant}`, {
    id: clock.id(),
    time: clock.now(),
    remove: [
      'position',
      'known',
      'mapping',
      'restating',
      'cursor',
      'aside-queue',
      ...users.map((id) => `user:${id}`),
      ...groups.map((id) => `group:${id}`),
    ],
    drop: ['users', 'aside', 'aside-restarts', 'aside-newest', ...groups.map((id) => `members:${id}`)],
  });
}
