import type { Provider } from '@claras/contracts/console-api';
import { List } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { ask, inTenant } from '../api.ts';
import { DialogForm } from '../shared/dialog-form.tsx';

/** What follows when SCIM is turned off. */
export const WhatDisablingMeans = () => (
  <List spacing="xs">
    <List.Item>
      Within a second every request of Entra is refused (403, “SCIM is off”), whichever API key it shows. Entra reports errors, tries once a
      day (“quarantine”) and gives up after four weeks: stop provisioning there yourself.
    </List.Item>
    <List.Item>Nobody is archived, and nobody’s role or seat changes. Sign-in stays as it is.</List.Item>
    <List.Item>From then on, whoever leaves keeps access and stays on the bill until you archive them on the Team page.</List.Item>
    <List.Item>
      API keys and the role mapping are kept. To go on, turn on Enable SCIM under Edit, then restart provisioning in Entra: it sends what
      changed meanwhile.
    </List.Item>
  </List>
);

/** The three dots > Disable SCIM. */
export function DisableScim({ tenant, provider, onClose }: { tenant: string; provider: Provider; onClose: () => void }) {
  const disable = useMutation({
    mutationFn: () => ask<Provider>('PATCH', inTenant(tenant, `/providers/${provider.id}`), { scim: false }),
    onSuccess: onClose,
  });
  return (
    <DialogForm
      title={`Disable SCIM for ${provider.name}?`}
      submit="Disable SCIM"
      danger
      error={disable.error}
      pending={disable.isPending}
      onSubmit={() => disable.mutate()}
      onClose={onClose}
    >
      <WhatDisablingMeans />
    </DialogForm>
  );
}
