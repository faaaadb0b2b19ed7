import type { MappingPreview, Provider, VersionedMapping } from '@claras/contracts/console-api';
import { Button, Drawer, Group, Stack, Table, Tabs, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, ask, inTenant } from '../api.ts';
import { useSession } from '../session.tsx';
import { useTenantName } from '../shared/tenant-name.ts';
import { Trouble } from '../shared/trouble.tsx';
import { isTyped, TypedName } from '../shared/typed-name.tsx';
import { Advanced } from './advanced.tsx';
import { areDomains, DomainsField } from './domains-field.tsx';
import { EnableScim } from './enable-scim.tsx';
import { Recheck } from './recheck.tsx';
import { type Mapping, RoleMappingFields } from './role-mapping-fields.tsx';
import { Preview } from './role-mapping-preview.tsx';

/** A save that changes more than this part of the team, and at least this many people, asks for the company's name. */
const largePart = 0.2;
const largeNumber = 5;
const isLarge = ({ changes, checked }: MappingPreview) => changes.total >= largeNumber && changes.total > checked * largePart;

const filled = (mapping: Mapping): Mapping => Object.fromEntries(Object.entries(mapping).filter(([, names]) => names?.length));
const same = (one: Mapping, other: Mapping) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
const sorted = (mapping: Mapping) => Object.entries(filled(mapping)).sort(([a], [b]) => (a < b ? -1 : 1));

export type EditTab = 'general' | 'scim' | 'mapping' | 'advanced';

/** The three dots > Edit: General, Enable SCIM, Role Mapping; Update Provider saves what was changed. `tab`: where it begins. */
export function EditProvider({
  tenant,
  provider,
  tab = provider.scim ? 'mapping' : 'scim',
  onClose,
}: {
  tenant: string;
  provider: Provider;
  tab?: EditTab | undefined;
  onClose: () => void;
}) {
  const { manages } = useSession();
  const path = inTenant(tenant, `/providers/${provider.id}`);
  const [scim, setScim] = useState(provider.scim);
  const [additive, setAdditive] = useState(provider.additiveMembers);
  const [domains, setDomains] = useState(provider.domains);
  const [mapping, setMapping] = useState<Mapping>(provider.mapping);
  const [seen, setSeen] = useState(provider.version);
  const [typed, setTyped] = useState('');
  const company = useTenantName(tenant);
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
      setTyped('');
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
        <Tabs defaultValue={tab}>
          <Tabs.List>
            <Tabs.Tab value="general">General</Tabs.Tab>
            <Tabs.Tab value="scim">Enable SCIM</Tabs.Tab>
            <Tabs.Tab value="mapping">Role Mapping</Tabs.Tab>
            <Tabs.Tab value="advanced">Advanced</Tabs.Tab>
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
            <DomainsField
              description="A profile from before SCIM is linked if its e-mail address is in one of them. Enter adds one."
              domains={domains}
              onChange={setDomains}
              disabled={!manages}
            />
            <Text mt="md" c="dimmed" size="sm">
              Provisioning leaves the other settings of sign-in as they are.
            </Text>
          </Tabs.Panel>
          <Tabs.Panel value="scim" pt="md">
            <EnableScim {...{ tenant, provider, scim, setScim }} disabled={!manages} />
          </Tabs.Panel>
          <Tabs.Panel value="mapping" pt="md">
            <Stack>
              <RoleMappingFields tenant={tenant} mapping={mapping} onChange={setMapping} disabled={!manages} />
              {mapped && <Preview preview={preview.data} error={preview.error} pending={preview.isFetching && !preview.data} />}
              {watching && <Recheck tenant={tenant} since={seen} />}
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="advanced" pt="md">
            <Advanced {...{ tenant, provider, additive, setAdditive, setSeen }} disabled={!manages} />
          </Tabs.Panel>
        </Tabs>
        {large && (
          <TypedName name={company} to={`change the role of ${preview.data?.changes.total} people`} typed={typed} onChange={setTyped} />
        )}
        {manages ? (
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button
              onClick={() => update.mutate()}
              loading={update.isPending}
              disabled={!changed || !areDomains(domains) || (large && !isTyped(typed, company))}
            >
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
