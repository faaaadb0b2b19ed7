import type { Provider } from '@claras/contracts/console-api';
import { Select } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, inTenant } from '../api.ts';
import { DialogForm } from '../shared/dialog-form.tsx';
import { NameField } from '../shared/name-field.tsx';
import { areDomains, DomainsField } from './domains-field.tsx';

export function NewProvider({ tenant, onClose }: { tenant: string; onClose: () => void }) {
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
      disabled={!areDomains(domains)}
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
      <DomainsField
        description="Of your people’s e-mail addresses, as hill.example. Enter adds one."
        domains={domains}
        onChange={setDomains}
      />
    </DialogForm>
  );
}
