import type { ApiKey, CreatedApiKey } from '@claras/contracts/console-api';
import { ActionIcon, Alert, Badge, Button, Checkbox, Code, Group, Menu, Modal, Select, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, inTenant } from '../api.ts';
import { useSession, useVerified } from '../session.tsx';
import { Ago } from '../shared/ago.tsx';
import { CopyField } from '../shared/copy-field.tsx';
import { DataTable } from '../shared/data-table.tsx';
import { DialogForm } from '../shared/dialog-form.tsx';
import { focusLater } from '../shared/focus-later.ts';
import { NameField } from '../shared/name-field.tsx';
import { Empty, Page } from '../shared/page.tsx';
import { Trouble } from '../shared/trouble.tsx';

const day = 24 * 3600;
const lives = [
  { value: '', label: 'Never' },
  { value: String(90 * day), label: 'In 90 days' },
  { value: String(365 * day), label: 'In a year' },
  { value: String(730 * day), label: 'In two years' },
];
const overlaps = [
  { value: '0', label: 'At once' },
  { value: '3600', label: 'In an hour' },
  { value: String(day), label: 'In 24 hours' },
  { value: String(7 * day), label: 'In 7 days' },
];
const endOf = (life: string) => (life ? { expires: new Date(Date.now() + Number(life) * 1000).toISOString() } : {});

type Dialog = { kind: 'new' } | { kind: 'rotate' | 'revoke'; key: ApiKey } | { kind: 'made'; key: CreatedApiKey };

const newKeyId = 'new-key';
const openerOf = (id: string) => `actions-${id}`;

/** Settings > API. */
export function ApiKeys({ tenant }: { tenant: string }) {
  const { manages } = useSession();
  const { data, error } = useQuery({
    queryKey: ['keys', tenant],
    queryFn: () => ask<{ items: ApiKey[] }>('GET', inTenant(tenant, '/keys')),
  });
  const [dialog, setDialog] = useState<Dialog>();
  function close() {
    setDialog(undefined);
    focusLater(dialog?.kind === 'rotate' || dialog?.kind === 'revoke' ? openerOf(dialog.key.id) : newKeyId);
  }
  const made = (key: CreatedApiKey) => setDialog({ kind: 'made', key });
  const create = (id?: string) =>
    manages && (
      <Button data-opener={id} onClick={() => setDialog({ kind: 'new' })}>
        + New API Key
      </Button>
    );

  return (
    <Page title="API" about="Keys that open the SCIM edge for Entra, or the REST API for your own programs." actions={create(newKeyId)}>
      <Trouble error={error} />
      {data?.items.length === 0 && (
        <Empty title="No API key yet">
          <Text>Entra needs one with the scope scim.full, as its Secret token.</Text>
          {create()}
        </Empty>
      )}
      {data && data.items.length > 0 && (
        <DataTable label="API keys" minWidth={720} columns={['Name', 'Key', 'Scopes', 'Made', 'Last used', 'State', 'Actions']}>
          {data.items.map((key) => (
            <Table.Tr key={key.id}>
              <Table.Td>{key.name}</Table.Td>
              <Table.Td>
                <Code>{key.starts}…</Code>
              </Table.Td>
              <Table.Td>{key.scopes.join(', ')}</Table.Td>
              <Table.Td>
                <Ago time={key.created} />
              </Table.Td>
              <Table.Td>{key.lastUsed ? <Ago time={key.lastUsed} /> : 'Never'}</Table.Td>
              <Table.Td>
                <State apiKey={key} />
              </Table.Td>
              <Table.Td>
                {manages && !key.revoked && (
                  <Menu position="bottom-end">
                    <Menu.Target>
                      <ActionIcon
                        variant="default"
                        size="lg"
                        data-opener={openerOf(key.id)}
                        aria-label={`Actions for ${key.name} ${key.starts}`}
                      >
                        ⋯
                      </ActionIcon>
                    </Menu.Target>
                    <Menu.Dropdown>
                      <Menu.Item onClick={() => setDialog({ kind: 'rotate', key })}>Rotate</Menu.Item>
                      <Menu.Item onClick={() => setDialog({ kind: 'revoke', key })}>Revoke</Menu.Item>
                    </Menu.Dropdown>
                  </Menu>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
      {dialog?.kind === 'new' && <NewKey tenant={tenant} onClose={close} onMade={made} />}
      {dialog?.kind === 'rotate' && <RotateKey tenant={tenant} apiKey={dialog.key} onClose={close} onMade={made} />}
      {dialog?.kind === 'revoke' && <RevokeKey tenant={tenant} apiKey={dialog.key} onClose={close} />}
      {dialog?.kind === 'made' && <ShownOnce apiKey={dialog.key} onClose={close} />}
    </Page>
  );
}

function State({ apiKey: { revoked, expires } }: { apiKey: ApiKey }) {
  if (revoked) return <Badge color="gray">Revoked</Badge>;
  if (!expires) return <Badge color="#1b6e34">In force</Badge>;
  if (Date.parse(expires) <= Date.now()) return <Badge color="gray">Expired</Badge>;
  return (
    <Text span size="sm">
      Ends <Ago time={expires} />
    </Text>
  );
}

interface Making {
  tenant: string;
  onClose: () => void;
  onMade: (key: CreatedApiKey) => void;
}

/** Makes a key by a request; asks who it is first, where that was long ago. */
function useMaking({ tenant, onMade }: Pick<Making, 'tenant' | 'onMade'>, path: string, body: () => object) {
  const queries = useQueryClient();
  const { verified, dialog } = useVerified();
  const [error, setError] = useState<Error>();
  const [pending, setPending] = useState(false);
  async function make() {
    setPending(true);
    setError(undefined);
    await verified(async () => {
      // Not through the cache of queries and mutations: the value is nowhere but in the dialog that shows it.
      onMade(await ask<CreatedApiKey>('POST', inTenant(tenant, path), body()));
      await queries.invalidateQueries({ queryKey: ['keys', tenant] });
    }).catch(setError);
    setPending(false);
  }
  return { make, error, pending, dialog };
}

function NewKey({ tenant, onClose, onMade }: Making) {
  const [name, setName] = useState('Entra');
  const [scopes, setScopes] = useState<string[]>(['scim.full']);
  const [life, setLife] = useState<string | null>('');
  const { make, error, pending, dialog } = useMaking({ tenant, onMade }, '/keys', () => ({ name, scopes, ...endOf(life ?? '') }));
  return (
    <>
      <DialogForm
        title="New API Key"
        submit="Create"
        opened={!dialog}
        error={error}
        pending={pending}
        disabled={scopes.length === 0}
        onSubmit={make}
        onClose={onClose}
      >
        <NameField value={name} onChange={setName} />
        <Checkbox.Group label="Scopes" value={scopes} onChange={setScopes}>
          <Stack gap="xs" mt="xs">
            <Checkbox
              value="scim.full"
              label="scim.full"
              description="Entra may make, change and archive people. For Entra, choose this alone."
            />
            <Checkbox
              value="rest.full"
              label="rest.full"
              description="A program of your own may do what these pages do, but make no keys. Not for Entra."
            />
          </Stack>
        </Checkbox.Group>
        <Select label="Ends" data={lives} value={life} onChange={setLife} allowDeselect={false} />
      </DialogForm>
      {dialog}
    </>
  );
}

function RotateKey({ tenant, apiKey, onClose, onMade }: Making & { apiKey: ApiKey }) {
  const [overlap, setOverlap] = useState<string | null>(String(day));
  const [life, setLife] = useState<string | null>('');
  const body = () => ({ overlap: Number(overlap), ...endOf(life ?? '') });
  const { make, error, pending, dialog } = useMaking({ tenant, onMade }, `/keys/${apiKey.id}/rotate`, body);
  return (
    <>
      <DialogForm
        title={`Rotate ${apiKey.name}`}
        submit="Rotate"
        opened={!dialog}
        error={error}
        pending={pending}
        onSubmit={make}
        onClose={onClose}
      >
        <Text>A new key with the same name and scopes is made. Paste it into Entra before the old one ends.</Text>
        <Select label="The old key ends" data={overlaps} value={overlap} onChange={setOverlap} allowDeselect={false} />
        <Select label="The new key ends" data={lives} value={life} onChange={setLife} allowDeselect={false} />
      </DialogForm>
      {dialog}
    </>
  );
}

function RevokeKey({ tenant, apiKey, onClose }: { tenant: string; apiKey: ApiKey; onClose: () => void }) {
  const revoke = useMutation({
    mutationFn: () => ask<ApiKey>('DELETE', inTenant(tenant, `/keys/${apiKey.id}`)),
    onSuccess: onClose,
  });
  return (
    <Modal opened onClose={onClose} title={`Revoke ${apiKey.name}?`}>
      <Stack>
        <Text>
          Whatever uses {apiKey.starts}… is refused within a second, for good.{' '}
          {apiKey.lastUsed && (
            <>
              It was last used <Ago time={apiKey.lastUsed} />.
            </>
          )}
        </Text>
        <Trouble error={revoke.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button color="red" onClick={() => revoke.mutate()} loading={revoke.isPending}>
            Revoke
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** The one time that a key's value is shown (M13). It is gone from the page with the dialog. */
function ShownOnce({ apiKey, onClose }: { apiKey: CreatedApiKey; onClose: () => void }) {
  const [stored, setStored] = useState(false);
  return (
    <Modal
      opened
      onClose={onClose}
      title="Your new API key"
      closeOnClickOutside={false}
      closeOnEscape={stored}
      withCloseButton={false}
      keepMounted={false}
    >
      <Stack>
        <Alert color="yellow" title="This is the only time you’ll be shown the key">
          Copy it now. For Entra it is the Secret token; you do not need to prepend anything.
        </Alert>
        <CopyField label="API key" value={apiKey.value} />
        <Checkbox label="I stored it" checked={stored} onChange={(event) => setStored(event.currentTarget.checked)} />
        <Group justify="flex-end">
          <Button onClick={onClose} disabled={!stored}>
            Close
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
