import type { Provider } from '@claras/contracts/console-api';
import { Stack, Switch, Text } from '@mantine/core';
import { useSession } from '../session.tsx';
import { CopyField } from '../shared/copy-field.tsx';
import { Federation } from './federation.tsx';

/** What most companies never need: other ways for Entra to say who it is, and identity providers that are not Entra. */
export function Advanced({
  tenant,
  provider,
  additive,
  setAdditive,
  setSeen,
  disabled,
}: {
  tenant: string;
  provider: Provider;
  additive: boolean;
  setAdditive: (on: boolean) => void;
  setSeen: (version: number) => void;
  disabled: boolean;
}) {
  const { tenantUrl } = useSession();
  return (
    <Stack>
      <Text c="dimmed" size="sm">
        With Entra and a Secret token, leave all of this as it is.
      </Text>
      <Switch
        label="Replacing members of a group adds to them"
        description="Off, as the standard says: the members that are sent are all of them. Entra needs it off."
        checked={additive}
        onChange={(event) => setAdditive(event.currentTarget.checked)}
        disabled={disabled}
      />
      {provider.scim && (
        <>
          <Text size="sm">
            Where Entra asks for OAuth 2.0 client credentials instead of a Secret token, the API key is the client secret, beside these:
          </Text>
          <CopyField label="Token endpoint" value={`${tenantUrl}/oauth2/token`} />
          <CopyField label="Client identifier" value={tenant} />
          <Federation tenant={tenant} provider={provider} onSaved={setSeen} disabled={disabled} />
        </>
      )}
      {!provider.scim && <Text size="sm">With SCIM on, the OAuth 2.0 settings for Entra stand here.</Text>}
    </Stack>
  );
}
