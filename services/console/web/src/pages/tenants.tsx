import type { Tenant } from '@claras/contracts/console-api';
import { Anchor, Button, Code, Table, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ask } from '../api.ts';
import { Erasures } from '../operations/erasures.tsx';
import { Ago } from '../shared/ago.tsx';
import { DataTable } from '../shared/data-table.tsx';
import { DialogForm } from '../shared/dialog-form.tsx';
import { NameField } from '../shared/name-field.tsx';
import { Empty, Page } from '../shared/page.tsx';
import { Trouble } from '../shared/trouble.tsx';

/** Where the operator chooses whose pages to look at. */
export function Tenants() {
  const { data, error } = useQuery({ queryKey: ['tenants'], queryFn: () => ask<{ items: Tenant[] }>('GET', '/tenants') });
  const [opened, { open, close }] = useDisclosure();
  const create = <Button onClick={open}>New tenant</Button>;
  return (
    <Page title="Tenants" about="Choose whose pages to look at." actions={create}>
      <Trouble error={error} />
      {data?.items.length === 0 && (
        <Empty title="No tenants yet">
          <Text>Make the first one; it begins with a provider for Entra that has SCIM on.</Text>
          {create}
        </Empty>
      )}
      {data && data.items.length > 0 && (
        <DataTable label="Tenants" minWidth={400} columns={['Name', 'Id', 'Made']}>
          {data.items.map(({ id, name, created }) => (
            <Table.Tr key={id}>
              <Table.Td>
                <Anchor component={Link} href={`/console/t/${id}/sso`}>
                  {name}
                </Anchor>
              </Table.Td>
              <Table.Td>
                <Code>{id}</Code>
              </Table.Td>
              <Table.Td>
                <Ago time={created} />
              </Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
      <Erasures />
      {opened && <NewTenant onClose={close} />}
    </Page>
  );
}

function NewTenant({ onClose }: { onClose: () => void }) {
  const [, go] = useLocation();
  const [name, setName] = useState('');
  const [domain, setDomain] = useState('');
  const create = useMutation({
    mutationFn: () => ask<Tenant>('POST', '/tenants', { name, scim: true, ...(domain ? { domains: [domain] } : {}) }),
    onSuccess: ({ id }) => go(`/console/t/${id}/sso`),
  });
  return (
    <DialogForm
      title="New tenant"
      submit="Make tenant"
      error={create.error}
      pending={create.isPending}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <NameField value={name} onChange={setName} />
      <TextInput
        label="Domain"
        description="Of the company’s e-mail addresses: whoever has one is linked to the profile that is there already."
        value={domain}
        onChange={(event) => setDomain(event.currentTarget.value.trim())}
        placeholder="hill.example"
      />
    </DialogForm>
  );
}
