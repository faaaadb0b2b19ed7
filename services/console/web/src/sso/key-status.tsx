import type { ApiKey, Provider } from '@claras/contracts/console-api';
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ask, inTenant } from '../api.ts';
import { Ago } from '../shared/ago.tsx';

const opensScim = ({ scopes, revoked, expires }: ApiKey) =>
  scopes.includes('scim.full') && !revoked && !(expires && Date.parse(expires) <= Date.now());
const lastUse = ({ lastScim, created }: ApiKey): string => lastScim ?? created;

/** The key by which Entra came last, else the newest that it could come by; undefined: there is none, or none is known yet. */
export function useScimKey(tenant: string): ApiKey | undefined {
  const { data } = useQuery({ queryKey: ['keys', tenant], queryFn: () => ask<{ items: ApiKey[] }>('GET', inTenant(tenant, '/keys')) });
  const [key] = (data?.items ?? []).filter(opensScim).sort((a, b) => {
    if (!a.lastScim !== !b.lastScim) return a.lastScim ? -1 : 1;
    return lastUse(a) < lastUse(b) ? 1 : -1;
  });
  return key;
}

/** What opens SCIM to Entra, in one line. */
export function KeyStatus({ tenant, provider }: { tenant: string; provider: Provider }) {
  const key = useScimKey(tenant);
  if (!key)
    return (
      <Text size="sm">
        {provider.federation ? 'An application in Entra is trusted and needs no API key.' : 'There is no API key with scim.full in force.'}
      </Text>
    );
  return (
    <Text size="sm">
      API key {key.name} ({key.starts}…) is in force{key.expires && ' and ends '}
      {key.expires && <Ago time={key.expires} />}. {key.lastScim ? 'Entra last used it ' : 'Entra has not used it yet.'}
      {key.lastScim && (
        <>
          <Ago time={key.lastScim} />.
        </>
      )}
    </Text>
  );
}
