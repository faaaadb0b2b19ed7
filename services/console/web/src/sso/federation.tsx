import type { Provider } from '@claras/contracts/console-api';
import { Button, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, inTenant } from '../api.ts';
import { useVerified } from '../session.tsx';
import { DialogForm } from '../shared/dialog-form.tsx';
import { Trouble } from '../shared/trouble.tsx';

interface Parts {
  tenant: string;
  provider: Provider;
  /** Told the provider's new version. */
  onSaved: (version: number) => void;
}

const pathOf = ({ tenant, provider }: Pick<Parts, 'tenant' | 'provider'>) => inTenant(tenant, `/providers/${provider.id}/federation`);

/** Which application in Entra needs no secret, because Entra itself says who it is. */
export function Federation({ disabled, ...parts }: Parts & { disabled: boolean }) {
  const { federation } = parts.provider;
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => ask<Provider>('DELETE', pathOf(parts)),
    onSuccess: ({ version }) => parts.onSaved(version),
  });
  return (
    <Stack gap="xs">
      <Text size="sm">
        Where Entra offers Workload Identity Federation, no secret is needed at all: the same two values, and here what Entra shows.
      </Text>
      <Trouble error={remove.error} />
      {federation && (
        <Table aria-label="Trusted application">
          <Table.Tbody>
            <Row name="Entra tenant" value={federation.entraTenant} />
            <Row name="Application" value={federation.application} />
            <Row name="Subject" value={federation.objectId ?? 'any of the application'} />
            <Row name="Audience" value={federation.audience} />
          </Table.Tbody>
        </Table>
      )}
      {!disabled && (
        <Group>
          <Button variant="default" onClick={() => setAsking(true)}>
            {federation ? 'Trust another application' : 'Trust an application in Entra'}
          </Button>
          {federation && (
            <Button variant="default" onClick={() => remove.mutate()} loading={remove.isPending}>
              Trust it no more
            </Button>
          )}
        </Group>
      )}
      {asking && <Trust {...parts} onClose={() => setAsking(false)} />}
    </Stack>
  );
}

const Row = ({ name, value }: { name: string; value: string }) => (
  <Table.Tr>
    <Table.Th scope="row">{name}</Table.Th>
    <Table.Td>{value}</Table.Td>
  </Table.Tr>
);

const uuidIn = (text: string): string | undefined => /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(text)?.[0];

/** Takes the values as Entra shows them; asks a person who they are first, where that was long ago. */
function Trust({ onSaved, onClose, ...parts }: Parts & { onClose: () => void }) {
  const queries = useQueryClient();
  const { verified, dialog } = useVerified();
  const [issuer, setIssuer] = useState('');
  const [audience, setAudience] = useState('');
  const [subject, setSubject] = useState('');
  const [error, setError] = useState<Error>();
  const [entraTenant, application, objectId] = [uuidIn(issuer), uuidIn(audience), uuidIn(subject)];

  const trust = () =>
    verified(async () => {
      const wanted = { entraTenant, application, ...(objectId ? { objectId } : {}) };
      onSaved((await ask<Provider>('PUT', pathOf(parts), wanted)).version);
      await queries.invalidateQueries({ queryKey: ['providers', parts.tenant] });
      onClose();
    }).catch(setError);

  return (
    <>
      <DialogForm
        title="Trust an application in Entra"
        submit="Trust"
        opened={!dialog}
        error={error}
        disabled={!entraTenant || !application || (subject.trim() !== '' && !objectId)}
        onSubmit={trust}
        onClose={onClose}
      >
        <Text size="sm">Make the application for Claras alone: Entra’s assertion does not say whom it is meant for.</Text>
        <TextInput
          label="Issuer"
          description="Or the id of your Entra tenant."
          placeholder="https://login.microsoftonline.com/…/v2.0"
          value={issuer}
          onChange={(event) => setIssuer(event.currentTarget.value)}
          required
          data-autofocus
        />
        <TextInput
          label="Audience"
          description="Or the id of the application."
          placeholder="api://…/.default"
          value={audience}
          onChange={(event) => setAudience(event.currentTarget.value)}
          required
        />
        <TextInput
          label="Subject"
          description="Left empty, any of the application."
          value={subject}
          onChange={(event) => setSubject(event.currentTarget.value)}
        />
      </DialogForm>
      {dialog}
    </>
  );
}
