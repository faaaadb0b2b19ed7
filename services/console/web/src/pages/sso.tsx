import type { Provider } from '@claras/contracts/console-api';
import { ActionIcon, Badge, Button, Menu, Select, Table, TagsInput, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { ask, inTenant } from '../api.ts';
import { useSession } from '../session.tsx';
import { Ago } from '../shared/ago.tsx';
import { DataTable } from '../shared/data-table.tsx';
import { DialogForm } from '../shared/dialog-form.tsx';
import { focusLater } from '../shared/focus-later.ts';
import { NameField } from '../shared/name-field.tsx';
import { Empty, Page } from '../shared/page.tsx';
import { Trouble } from '../shared/trouble.tsx';
import { ConnectionTest } from '../sso/connection-test.tsx';
import { EditProvider } from '../sso/edit-provider.tsx';

const openerOf = (id: string) => `actions-${id}`;

/** Providers of single sign-on, each with Enable SCIM and Role Mapping behind its three dots. */
export function Sso({ tenant }: { tenant: string }) {
  const { manages } = useSession();
  const [, go] = useLocation();
  const { data, error } = useQuery({
    queryKey: ['providers', tenant],
    queryFn: () => ask<{ items: Provider[] }>('GET', inTenant(tenant, '/providers')),
  });
  const [adding, { open: add, close: added }] = useDisclosure();
  const [editing, setEditing] = useState<string>();
  const [testing, setTesting] = useState<string>();
  const find = (id: string | undefined) => data?.items.find((provider) => provider.id === id);
  const [edited, tested] = [find(editing), find(testing)];
  function closed({ id }: Provider, set: (id: undefined) => void) {
    set(undefined);
    focusLater(openerOf(id));
  }
  const newProvider = manages && <Button onClick={add}>New provider</Button>;

  return (
    <Page title="SSO" about="Who your people sign in with, and who keeps their profiles up to date." actions={newProvider}>
      <Trouble error={error} />
      {data?.items.length === 0 && (
        <Empty title="No provider yet">
          <Text>1. Add your identity provider. 2. Turn on Enable SCIM under Edit. 3. Make an API key and paste it into Entra.</Text>
          {newProvider}
        </Empty>
      )}
      {data && data.items.length > 0 && (
        <DataTable label="Providers" minWidth={560} columns={['Provider', 'Domains', 'Provisioning', 'Last request', 'Actions']}>
          {data.items.map(({ id, name, protocol, domains, scim, lastRequest }) => (
            <Table.Tr key={id}>
              <Table.Td>
                {name}{' '}
                <Text span size="sm" c="dimmed">
                  {protocol === 'saml' ? 'SAML' : 'OpenID Connect'}
                </Text>
              </Table.Td>
              <Table.Td>{domains.join(', ') || '–'}</Table.Td>
              <Table.Td>{scim ? <Badge color="#1b6e34">SCIM</Badge> : <Text size="sm">Off</Text>}</Table.Td>
              <Table.Td>{lastRequest ? <Ago time={lastRequest} /> : scim ? 'None yet' : '–'}</Table.Td>
              <Table.Td>
                <Menu position="bottom-end">
                  <Menu.Target>
                    <ActionIcon variant="default" size="lg" data-opener={openerOf(id)} aria-label={`Actions for ${name}`}>
                      ⋯
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item onClick={() => setEditing(id)}>Edit</Menu.Item>
                    <Menu.Item onClick={() => setTesting(id)}>Test</Menu.Item>
                    <Menu.Item onClick={() => go(`/console/t/${tenant}/log`)}>View log</Menu.Item>
                    <Menu.Item onClick={() => go(`/console/t/${tenant}/api`)}>Rotate key</Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              </Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
      {adding && <NewProvider tenant={tenant} onClose={added} />}
      {edited && <EditProvider tenant={tenant} provider={edited} onClose={() => closed(edited, setEditing)} />}
      {tested && <ConnectionTest tenant={tenant} provider={tested} onClose={() => closed(tested, setTesting)} />}
    </Page>
  );
}

function NewProvider({ tenant, onClose }: { tenant: string; onClose: () => void }) {
  const [name, setName] = useState('Entra');
  const [protocol, setProtocol] = useState<string | null>('saml');
  const [domains, setDomains] = useState<string[]>([]);
  const add = useMutation({
    mutationFn: () => ask<Provider>('POST', inTenant(tenant, '/providers'), { name, protocol, domains }),
    onSuccess: onClose,
  });
  return (
    <DialogForm
      title="New provider"
      submit="Add provider"
      error={add.error}
      pending={add.isPending}
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <NameField value={name} onChange={setName} />
      <Select
        label="Protocol"
        data={[
          { value: 'saml', label: 'SAML' },
          { value: 'oidc', label: 'OpenID Connect' },
        ]}
        value={protocol}
        onChange={setProtocol}
        allowDeselect={false}
      />
      <TagsInput
        label="Domains"
        description="Of the e-mail addresses of your people. Enter adds one."
        value={domains}
        onChange={setDomains}
      />
    </DialogForm>
  );
}
