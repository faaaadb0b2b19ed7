import type { Provider } from '@claras/contracts/console-api';
import { Alert, Anchor, List, Stack, Switch, Text } from '@mantine/core';
import { Link } from 'wouter';
import { useSession } from '../session.tsx';
import { CopyField } from '../shared/copy-field.tsx';
import { WhatDisablingMeans } from './disable-scim.tsx';
import { FirstRequest } from './first-request.tsx';
import { KeyStatus } from './key-status.tsx';

/** The switch, what Entra asks for, and whether it has asked. */
export function EnableScim({
  tenant,
  provider,
  scim,
  setScim,
  disabled,
}: {
  tenant: string;
  provider: Provider;
  scim: boolean;
  setScim: (on: boolean) => void;
  disabled: boolean;
}) {
  const { tenantUrl } = useSession();
  return (
    <Stack>
      <Switch
        label="Enable SCIM"
        description="Entra makes a profile for everyone whom you assign to Claras, keeps names, e-mail addresses and roles up to date, and archives whoever leaves. Sign-in stays as it is."
        checked={scim}
        onChange={(event) => setScim(event.currentTarget.checked)}
        disabled={disabled}
      />
      {scim && !provider.scim && <Text>Update Provider turns it on.</Text>}
      {!scim && provider.scim && (
        <Alert color="yellow" title="Update Provider turns it off">
          <WhatDisablingMeans />
        </Alert>
      )}
      {provider.scim && (
        <>
          <FirstRequest lastRequest={provider.lastRequest} />
          <CopyField label="Tenant URL" value={tenantUrl} />
          <KeyStatus tenant={tenant} provider={provider} />
          <List type="ordered" spacing="xs">
            <List.Item>
              <Anchor component={Link} href={`/console/t/${tenant}/api`}>
                Make an API key with scim.full
              </Anchor>{' '}
              under Settings &gt; API: + New API Key.
            </List.Item>
            <List.Item>In Entra, open your enterprise application, then Manage &gt; Provisioning, and click + New Configuration.</List.Item>
            <List.Item>Paste the Tenant URL, and the API key as Secret token; nothing is put before it.</List.Item>
            <List.Item>Test the connection, then click Create.</List.Item>
            <List.Item>Assign users and groups to the application: a group must be assigned to be sent.</List.Item>
            <List.Item>Start Provisioning from the Overview page. Attribute mappings do not need to be configured.</List.Item>
          </List>
        </>
      )}
    </Stack>
  );
}
