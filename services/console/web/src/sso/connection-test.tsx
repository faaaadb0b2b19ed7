import type { Provider } from '@claras/contracts/console-api';
import { Anchor, List, Modal, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { FirstRequest } from './first-request.tsx';
import { KeyStatus, useScimKey } from './key-status.tsx';

/** Whether everything that Entra needs is there, what is missing, and whether it has asked already. */
export function ConnectionTest({ tenant, provider, onClose }: { tenant: string; provider: Provider; onClose: () => void }) {
  const opens = useScimKey(tenant) !== undefined || provider.federation !== undefined;
  return (
    <Modal opened onClose={onClose} title={`Test ${provider.name}`}>
      <Stack>
        <List type="ordered">
          <List.Item>{provider.scim ? 'SCIM is on.' : 'SCIM is off: turn on Enable SCIM under Edit.'}</List.Item>
          <List.Item>
            <KeyStatus tenant={tenant} provider={provider} />
            {!opens && (
              <Anchor component={Link} href={`/console/t/${tenant}/api`}>
                Make one under Settings &gt; API.
              </Anchor>
            )}
          </List.Item>
          <List.Item>In Entra, under Provisioning, press Test Connection. It is seen here within seconds.</List.Item>
        </List>
        {provider.scim && opens ? <FirstRequest lastRequest={provider.lastRequest} /> : <Text c="dimmed">Nothing can arrive yet.</Text>}
      </Stack>
    </Modal>
  );
}
