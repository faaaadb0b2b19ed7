import type { ApiKey, Provider } from '@claras/contracts/console-api';
import { Anchor, List, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { ask, inTenant } from '../api.ts';
import { FirstRequest } from './first-request.tsx';

const opensScim = ({ scopes, revoked, expires }: ApiKey) =>
  scopes.includes('scim.full') && !revoked && !(expires && Date.parse(expires) <= Date.now());

/** Whether everything that Entra needs is there, what is missing, and whether it has asked already. */
export function ConnectionTest({ tenant, provider, onClose }: { tenant: string; provider: Provider; onClose: () => void }) {
  const { data } = useQuery({ queryKey: ['keys', tenant], queryFn: () => ask<{ items: ApiKey[] }>('GET', inTenant(tenant, '/keys')) });
  const hasKey = data?.items.some(opensScim);
  const opens = hasKey || provider.federation;
  return (
    <Modal opened onClose={onClose} title={`Test ${provider.name}`}>
      <Stack>
        <List type="ordered">
          <List.Item>{provider.scim ? 'SCIM is on.' : 'SCIM is off: turn on Enable SCIM under Edit.'}</List.Item>
          <List.Item>
            {hasKey ? (
              'There is an API key with scim.full.'
            ) : provider.federation ? (
              'There is an application in Entra that needs no key.'
            ) : (
              <>
                There is no API key with scim.full:{' '}
                <Anchor component={Link} href={`/console/t/${tenant}/api`}>
                  make one under Settings &gt; API.
                </Anchor>
              </>
            )}
          </List.Item>
          <List.Item>In Entra, under Provisioning, press Test Connection. It is seen here within seconds.</List.Item>
        </List>
        {provider.scim && opens ? <FirstRequest lastRequest={provider.lastRequest} /> : <Text c="dimmed">Nothing can arrive yet.</Text>}
      </Stack>
    </Modal>
  );
}
