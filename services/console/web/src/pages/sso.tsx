import type { Provider } from '@claras/contracts/console-api';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, inTenant } from '../api.ts';
import { useSession } from '../session.tsx';
import { DataTable } from '../shared/data-table.tsx';
import { focusLater } from '../shared/focus-later.ts';
import { Page } from '../shared/page.tsx';
import { Trouble } from '../shared/trouble.tsx';
import { ConnectionTest } from '../sso/connection-test.tsx';
import { DisableScim } from '../sso/disable-scim.tsx';
import { EditProvider, type EditTab } from '../sso/edit-provider.tsx';
import { NewProvider } from '../sso/new-provider.tsx';
import { type Deed, openerOf, ProviderRow } from '../sso/provider-row.tsx';
import { RemoveProvider } from '../sso/remove-provider.tsx';
import { SetupSteps } from '../sso/setup-steps.tsx';

const newProviderId = 'new-provider';

/** Providers of single sign-on, each with Enable SCIM and Role Mapping behind its three dots. */
export function Sso({ tenant }: { tenant: string }) {
  const { manages } = useSession();
  const { data, error } = useQuery({
    queryKey: ['providers', tenant],
    queryFn: () => ask<{ items: Provider[] }>('GET', inTenant(tenant, '/providers')),
  });
  const [adding, { open: add, close: added }] = useDisclosure();
  const [asked, setAsked] = useState<{ deed: Deed; id: string; tab?: EditTab }>();
  const provider = data?.items.find(({ id }) => id === asked?.id);
  const askAbout = ({ id }: Provider, deed: Deed, tab?: EditTab) => setAsked({ deed, id, ...(tab ? { tab } : {}) });
  function close() {
    setAsked(undefined);
    if (asked) focusLater(openerOf(asked.id), newProviderId);
  }
  const newProvider = manages && (
    <Button data-opener={newProviderId} onClick={add}>
      New provider
    </Button>
  );
  const of = provider && { tenant, provider, onClose: close };

  return (
    <Page title="SSO" about="Who your people sign in with, and who keeps their profiles up to date." actions={newProvider}>
      <Trouble error={error} />
      {data && data.items.length > 0 && (
        <DataTable label="Providers" minWidth={560} columns={['Provider', 'Domains', 'Provisioning', 'Last request', 'Actions']}>
          {data.items.map((each) => (
            <ProviderRow key={each.id} tenant={tenant} provider={each} onAsk={(deed) => askAbout(each, deed)} />
          ))}
        </DataTable>
      )}
      {data && !data.items.some(({ lastRequest }) => lastRequest) && (
        <SetupSteps tenant={tenant} providers={data.items} onAdd={add} onEnable={(each) => askAbout(each, 'edit', 'scim')} />
      )}
      {adding && <NewProvider tenant={tenant} onClose={added} />}
      {of && asked?.deed === 'edit' && <EditProvider {...of} tab={asked.tab} />}
      {of && asked?.deed === 'test' && <ConnectionTest {...of} />}
      {of && asked?.deed === 'disable' && <DisableScim {...of} />}
      {of && asked?.deed === 'remove' && <RemoveProvider {...of} onDisable={() => askAbout(of.provider, 'disable')} />}
    </Page>
  );
}
