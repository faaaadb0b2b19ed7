import type { Provider } from '@claras/contracts/console-api';
import { List, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, inTenant } from '../api.ts';
import { DialogForm } from '../shared/dialog-form.tsx';
import { isTyped, TypedName } from '../shared/typed-name.tsx';

interface Parts {
  tenant: string;
  provider: Provider;
  onClose: () => void;
}

/** The three dots > Remove. `onDisable`: leads on to what must come first. */
export function RemoveProvider({ onDisable, ...parts }: Parts & { onDisable: () => void }) {
  const { provider, onClose } = parts;
  if (!provider.scim) return <RemoveOff {...parts} />;
  return (
    <DialogForm title={`Remove ${provider.name}?`} submit="Go on to disable SCIM" onSubmit={onDisable} onClose={onClose}>
      <Text>SCIM is on for {provider.name}. Disable it first, so that Entra stops sending; then remove the provider.</Text>
    </DialogForm>
  );
}

function RemoveOff({ tenant, provider, onClose }: Parts) {
  const [typed, setTyped] = useState('');
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => ask<Provider>('DELETE', inTenant(tenant, `/providers/${provider.id}`)),
    // The focus goes to what is left, so the list comes first.
    onSuccess: () => queries.invalidateQueries({ queryKey: ['providers', tenant] }).then(onClose),
  });
  return (
    <DialogForm
      title={`Remove ${provider.name}?`}
      submit="Remove provider"
      danger
      error={remove.error}
      pending={remove.isPending}
      disabled={!isTyped(typed, provider.name)}
      onSubmit={() => remove.mutate()}
      onClose={onClose}
    >
      <List spacing="xs">
        <List.Item>
          Its sign-in settings are deleted for good: nobody can sign in to Claras with it any more. Make sure that there is another way.
        </List.Item>
        <List.Item>Its role mapping is deleted. The audit log keeps what it was.</List.Item>
        <List.Item>People, their roles and seats, and the groups that were sent stay as they are.</List.Item>
        <List.Item>API keys stay, too. Revoke those that nothing else uses under Settings &gt; API.</List.Item>
      </List>
      <TypedName name={provider.name} to="remove it" typed={typed} onChange={setTyped} />
    </DialogForm>
  );
}
