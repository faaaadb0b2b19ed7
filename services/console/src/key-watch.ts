import type { ApiKey, Keys } from '@claras/directory/keys';
import { tenantWatch, type WatchParts } from './tenant-watch.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** Days before a key ends at which it is said anew. */
const ahead = [1, 7, 30];

/** Within how many days one ends of the keys that were used in the last day. Times in milliseconds since 1970. */
export function endsWithin(all: readonly ApiKey[], now: number): number | undefined {
  const ends = all.flatMap(({ expires, revoked, lastUsed }) =>
    expires && !revoked && lastUsed && now - Date.parse(lastUsed) < day ? [Date.parse(expires) - now] : [],
  );
  const nearest = Math.min(...ends.filter((left) => left > 0));
  return ahead.find((days) => nearest <= days * day);
}

const detailOf = (days: number): string =>
  `an API key that is in use ends within ${days === 1 ? 'a day' : `${days} days`}: rotate it, and give the new one to whoever uses it`;

/**
 * Says in time that a key which is in use will end: the next request after that is refused, and Entra quarantines its application for it. An
 * alarm of the tenant, until the key is not used any more.
 */
export function keyWatch({ keys, ...parts }: WatchParts & { keys: Pick<Keys, 'list'> }): { close(): Promise<void> } {
  return tenantWatch(parts, {
    name: 'key-watch',
    kind: 'key-expiring',
    every: hour,
    async find(tenant) {
      const days = endsWithin(await keys.list(tenant), parts.runtime.now());
      return days === undefined ? undefined : detailOf(days);
    },
  });
}
