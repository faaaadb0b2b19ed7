import type { Tenant } from '@claras/contracts/console-api';
import { Anchor, Button, Code, Group, Modal, Stack, Table, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ask } from '../api.ts';
import { Ago } from '../shared/ago.tsx';
import { Empty, Page } from '../shared/page.tsx';
import { Trouble } from '../shared/trouble.tsx';
import { Wide } from '../shared/wide.tsx';

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
        <Wide label="Tenants" minWidth={400}>
          <Table highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Id</Table.Th>
                <Table.Th>Made</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
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
            </Table.Tbody>
          </Table>
        </Wide>
      )}
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
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Modal opened onClose={onClose} title="New tenant">
      <form onSubmit={submit}>
        <Stack>
          <Trouble error={create.error} />
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            required
            maxLength={200}
            data-autofocus
          />
          <TextInput
            label="Domain"
            description="Of the company’s e-mail addresses: whoever has one is linked to the profile that is there already."
            value={domain}
            onChange={(event) => setDomain(event.currentTarget.value.trim())}
            placeholder="hill.example"
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending}>
              Make tenant
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
