import type { Keys } from '@claras/directory/keys';
import { type Provider, providers } from '@claras/directory/providers';
import { tenantWatch, type WatchParts } from './tenant-watch.ts';

const minute = 60_000;
/** Entra begins a cycle every 40 minutes, and asks in each of them, though nothing changed. Four are missing before anybody is told. */
const longestSilence = 180 * minute;

/**
 * Since when a provider has been silent for too long; undefined: it never was there, SCIM is off, or it speaks. Time that SCIM was off does not
 * count. Times in ISO 8601, `now` in milliseconds since 1970.
 */
export function silentSince(provider: Pick<Provider, 'scimSince'> | undefined, lastRequest: string | undefined, now: number) {
  if (!provider || !lastRequest) return undefined;
  const { scimSince = lastRequest } = provider;
  const since = Math.max(Date.parse(lastRequest), Date.parse(scimSince));
  return now - since > longestSilence ? lastRequest : undefined;
}

const detailOf = (since: string): string =>
  `no SCIM request since ${since}, though Entra asks every 40 minutes: look there whether provisioning is off, in quarantine, or has another key`;

/** Nothing fails where nobody asks: a tenant whose identity provider has gone silent is an alarm, until the next request. */
export function silenceWatch({ keys, ...parts }: WatchParts & { keys: Pick<Keys, 'lastRequest'> }): { close(): Promise<void> } {
  const { withScim } = providers(parts);
  return tenantWatch(parts, {
    name: 'silence-watch',
    kind: 'provisioning-silent',
    every: 5 * minute,
    async find(tenant) {
      const [provider, lastRequest] = await Promise.all([withScim(tenant), keys.lastRequest(tenant)]);
      const since = silentSince(provider, lastRequest, parts.runtime.now());
      return since === undefined ? undefined : detailOf(since);
    },
  });
}
