import type { MappingPreview, Provider, VersionedMapping } from '@claras/contracts/console-api';
import { Anchor, Button, Checkbox, Drawer, Group, List, Stack, Switch, Table, Tabs, TagsInput, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { ApiError, ask, inTenant } from '../api.ts';
import { useSession } from '../session.tsx';
import { CopyField } from '../shared/copy-field.tsx';
import { Trouble } from '../shared/trouble.tsx';
import { Federation } from './federation.tsx';
import { FirstRequest } from './first-request.tsx';
import { Recheck } from './recheck.tsx';
import { type Mapping, RoleMappingFields } from './role-mapping-fields.tsx';
import { Preview } from './role-mapping-preview.tsx';

/** A save that changes more than this part of the team, and at least this many people, asks once more. */
const largePart = 0.2;
const largeNumber = 5;
const isLarge = ({ changes, checked }: MappingPreview) => changes.total >= largeNumber && changes.total > checked * largePart;

const filled = (mapping: Mapping): Mapping => Object.fromEntries(Object.entries(mapping).filter(([, names]) => names?.length));
const same = (one: Mapping, other: Mapping) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
const sorted = (mapping: Mapping) => Object.entries(filled(mapping)).sort(([a], [b]) => (a < b ? -1 : 1));

/** The three dots > Edit: General, Enable SCIM, Role Mapping; Update Provider saves what was changed. */
export function EditProvider({ tenant, provider, onClose }: { tenant: string; provider: Provider; onClose: () => void }) {
  const { manages } = useSession();
  const path = inTenant(tenant, `/providers/${provider.id}`);
  const [scim, setScim] = useState(provider.scim);
  const [additive, setAdditive] = useState(provider.additiveMembers);
  const [domains, setDomains] = useState(provider.domains);
  const [mapping, setMapping] = useState<Mapping>(provider.mapping);
  const [seen, setSeen] = useState(provider.version);
  const [sure, setSure] = useState(false);
  const [watching, setWatching] = useState(false);

  const mapped = !same(mapping, provider.mapping);
  const moved = domains.join() !== provider.domains.join();
  const [draft] = useDebouncedValue(filled(mapping), 300);
  const preview = useQuery({
    queryKey: ['preview', tenant, provider.id, draft],
    queryFn: () => ask<MappingPreview>('POST', `${path}/role-mapping/preview`, { mapping: draft }),
    enabled: mapped,
    placeholderData: (before) => before,
  });
  const large = mapped && preview.data !== undefined && isLarge(preview.data);

  const update = useMutation({
    mutationFn: async () => {
      // The mapping first: what it says is in force the moment that SCIM is on.
      if (mapped)
        setSeen((await ask<VersionedMapping>('PUT', `${path}/role-mapping`, { mapping: filled(mapping), version: seen })).version);
      const change = {
        ...(scim === provider.scim ? {} : { scim }),
        ...(additive === provider.additiveMembers ? {} : { additiveMembers: additive }),
        ...(moved ? { domains } : {}),
      };
      if (Object.keys(change).length > 0) setSeen((await ask<Provider>('PATCH', path, change)).version);
    },
    onSuccess: () => {
      setSure(false);
      notifications.show({ message: `${provider.name} is updated.`, color: 'green' });
      if (mapped && scim) setWatching(true);
      else if (scim === provider.scim) onClose();
    },
  });
  const newer = update.error instanceof ApiError && update.error.is('conflict') ? update.error.problem.current : undefined;
  const changed = mapped || moved || scim !== provider.scim || additive !== provider.additiveMembers;

  return (
    <Drawer opened onClose={onClose} title={`Edit ${provider.name}`}>
      <Stack>
        <Trouble error={update.error} />
        {newer && (
          <Group>
            <Button
              variant="default"
              onClick={() => {
                setMapping(newer.mapping);
                setSeen(newer.version);
                update.reset();
              }}
            >
              Show the newer role mapping
            </Button>
          </Group>
        )}
        <Tabs defaultValue={provider.scim ? 'mapping' : 'scim'}>
          <Tabs.List>
            <Tabs.Tab value="general">General</Tabs.Tab>
            <Tabs.Tab value="scim">Enable SCIM</Tabs.Tab>
            <Tabs.Tab value="mapping">Role Mapping</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="general" pt="md">
            <Table>
              <Table.Tbody>
                <Table.Tr>
                  <Table.Th scope="row">Name</Table.Th>
                  <Table.Td>{provider.name}</Table.Td>
                </Table.Tr>
                <Table.Tr>
                  <Table.Th scope="row">Protocol</Table.Th>
                  <Table.Td>{provider.protocol === 'saml' ? 'SAML' : 'OpenID Connect'}</Table.Td>
                </Table.Tr>
              </Table.Tbody>
            </Table>
            <TagsInput
              label="Domains"
              description="A profile from before SCIM is linked if its e-mail address is in one of them. Enter adds one."
              value={domains}
              onChange={setDomains}
              disabled={!manages}
              acceptValueOnBlur
              mt="md"
            />
            <Text mt="md" c="dimmed" size="sm">
              Provisioning leaves the other settings of sign-in as they are.
            </Text>
          </Tabs.Panel>
          <Tabs.Panel value="scim" pt="md">
            <EnableScim {...{ tenant, provider, scim, setScim, additive, setAdditive, setSeen }} disabled={!manages} />
          </Tabs.Panel>
          <Tabs.Panel value="mapping" pt="md">
            <Stack>
              <RoleMappingFields tenant={tenant} mapping={mapping} onChange={setMapping} disabled={!manages} />
              {mapped && <Preview preview={preview.data} error={preview.error} pending={preview.isFetching && !preview.data} />}
              {watching && <Recheck tenant={tenant} since={seen} />}
            </Stack>
          </Tabs.Panel>
        </Tabs>
        {large && (
          <Checkbox
            label={`Yes, change the role of ${preview.data?.changes.total} people`}
            checked={sure}
            onChange={(event) => setSure(event.currentTarget.checked)}
          />
        )}
        {manages ? (
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button onClick={() => update.mutate()} loading={update.isPending} disabled={!changed || (large && !sure)}>
              Update Provider
            </Button>
          </Group>
        ) : (
          <Text c="dimmed">A manager reads here. An owner of the team makes changes.</Text>
        )}
      </Stack>
    </Drawer>
  );
}

function EnableScim({
  tenant,
  provider,
  scim,
  setScim,
  additive,
  setAdditive,
  setSeen,
  disabled,
}: {
  tenant: string;
  provider: Provider;
  scim: boolean;
  setScim: (on: boolean) => void;
  additive: boolean;
  setAdditive: (on: boolean) => void;
  setSeen: (version: number) => void;
  disabled: boolean;
}) {
  const { tenantUrl } = useSession();
  return (
    <Stack>
      <Switch
        label="Enable SCIM"
        description="Entra makes, changes and archives profiles. Sign-in stays as it is; turned off, everyone stays as they are."
        checked={scim}
        onChange={(event) => setScim(event.currentTarget.checked)}
        disabled={disabled}
      />
      <Switch
        label="Replacing members of a group adds to them"
        description="Off, as the standard says: the members that are sent are all of them. Entra needs it off."
        checked={additive}
        onChange={(event) => setAdditive(event.currentTarget.checked)}
        disabled={disabled}
      />
      {scim && !provider.scim && <Text>Update Provider turns it on.</Text>}
      {provider.scim && (
        <>
          <CopyField label="Tenant URL" value={tenantUrl} />
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
          <Text size="sm">
            Where Entra asks for OAuth 2.0 client credentials instead of a Secret token, the API key is the client secret, beside these:
          </Text>
          <CopyField label="Token endpoint" value={`${tenantUrl}/oauth2/token`} />
          <CopyField label="Client identifier" value={tenant} />
          <Federation tenant={tenant} provider={provider} onSaved={setSeen} disabled={disabled} />
          <FirstRequest lastRequest={provider.lastRequest} />
        </>
      )}
    </Stack>
  );
}
