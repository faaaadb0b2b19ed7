import type { Provider } from '@claras/contracts/console-api';
import { ActionIcon, Anchor, Badge, Menu, Table, Text } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import { useSession } from '../session.tsx';
import { Ago } from '../shared/ago.tsx';

/** What is asked of the page about one provider. */
export type Deed = 'edit' | 'test' | 'disable' | 'remove';
export const openerOf = (id: string) => `actions-${id}`;

/** A provider, what became of its requests, and its three dots. */
export function ProviderRow({ tenant, provider, onAsk }: { tenant: string; provider: Provider; onAsk: (deed: Deed) => void }) {
  const { manages } = useSession();
  const [, go] = useLocation();
  const { id, name, protocol, domains, scim, lastRequest } = provider;
  return (
    <Table.Tr>
      <Table.Td>
        {name}{' '}
        <Text span size="sm" c="dimmed">
          {protocol === 'saml' ? 'SAML' : 'OpenID Connect'}
        </Text>
      </Table.Td>
      <Table.Td>{domains.join(', ') || '–'}</Table.Td>
      <Table.Td>{scim ? <Badge color="#1b6e34">SCIM</Badge> : <Text size="sm">Off</Text>}</Table.Td>
      <Table.Td>
        {lastRequest ? <Ago time={lastRequest} /> : scim ? 'None yet' : '–'}
        <Counts tenant={tenant} provider={provider} />
      </Table.Td>
      <Table.Td>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" size="lg" data-opener={openerOf(id)} aria-label={`Actions for ${name}`}>
              ⋯
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => onAsk('edit')}>Edit</Menu.Item>
            <Menu.Item onClick={() => onAsk('test')}>Test connection</Menu.Item>
            <Menu.Item onClick={() => go(`/console/t/${tenant}/log`)}>View log</Menu.Item>
            {manages && (
              <>
                <Menu.Item onClick={() => go(`/console/t/${tenant}/api`)}>Rotate key</Menu.Item>
                <Menu.Divider />
                {scim && <Menu.Item onClick={() => onAsk('disable')}>Disable SCIM</Menu.Item>}
                <Menu.Item onClick={() => onAsk('remove')}>Remove</Menu.Item>
              </>
            )}
          </Menu.Dropdown>
        </Menu>
      </Table.Td>
    </Table.Tr>
  );
}

/** `128 ok / 2 refused`, of the last 24 hours; what was refused leads to the log. */
function Counts({ tenant, provider: { lastRequest, requests } }: { tenant: string; provider: Provider }) {
  if (!requests || (lastRequest === undefined && requests.refused === 0)) return null;
  const { ok, refused, since } = requests;
  const said = ok === undefined ? `at least ${refused} refused` : `${refused} refused`;
  return (
    <Text size="sm" c="dimmed" title={`Requests since ${since} that changed something or were refused`}>
      {ok !== undefined && `${ok} ok / `}
      {refused > 0 ? (
        <Anchor component={Link} href={`/console/t/${tenant}/log?status=refused`} size="sm">
          {said}
        </Anchor>
      ) : (
        said
      )}{' '}
      in 24 hours
    </Text>
  );
}
