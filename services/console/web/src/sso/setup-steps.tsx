import type { Provider } from '@claras/contracts/console-api';
import { Anchor, Badge, Button, List, Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useSession } from '../session.tsx';
import { useScimKey } from './key-status.tsx';

/** From nothing to the first request of Entra: what is done, and where the next step is. `onEnable`: opens Enable SCIM of a provider. */
export function SetupSteps({
  tenant,
  providers,
  onAdd,
  onEnable,
}: {
  tenant: string;
  providers: readonly Provider[];
  onAdd: () => void;
  onEnable: (provider: Provider) => void;
}) {
  const { manages } = useSession();
  const key = useScimKey(tenant);
  const provider = providers.find(({ scim }) => scim) ?? providers[0];
  const on = provider?.scim ?? false;
  const opens = key !== undefined || provider?.federation !== undefined;
  return (
    <Paper withBorder p="xl" component="section" aria-label="Set up provisioning">
      <Stack gap="sm" align="flex-start">
        <Title order={2} size="h4">
          {provider ? 'Let Entra keep your team up to date' : 'No provider yet'}
        </Title>
        <Text>With SCIM, profiles are made before people first sign in, and archived the moment they leave. Sign-in works without it.</Text>
        <List type="ordered" spacing="sm">
          <Step done={provider !== undefined} name="Add your provider" next={manages && <Button onClick={onAdd}>New provider</Button>}>
            The service that your people sign in with, such as Microsoft Entra ID.
          </Step>
          <Step
            done={on}
            name="Turn on Enable SCIM"
            next={manages && provider && <Button onClick={() => onEnable(provider)}>Enable SCIM for {provider.name}</Button>}
          >
            Nothing changes before Entra sends something.
          </Step>
          <Step
            done={opens}
            name="Make an API key"
            next={
              on && (
                <Anchor component={Link} href={`/console/t/${tenant}/api`}>
                  Make it under Settings &gt; API
                </Anchor>
              )
            }
          >
            It lets Entra in. It is shown once, to be pasted into Entra.
          </Step>
          <Step
            done={false}
            name="Connect Entra"
            next={on && opens && provider && <Button onClick={() => onEnable(provider)}>Show what to do in Entra</Button>}
          >
            Paste Tenant URL and API key, press Test Connection, assign people and groups, start provisioning.
          </Step>
        </List>
      </Stack>
    </Paper>
  );
}

/** `next`: how it is done, where it is not. */
function Step({ done, name, next, children }: { done: boolean; name: string; next: ReactNode; children: ReactNode }) {
  return (
    <List.Item>
      <Stack gap={4} align="flex-start">
        <Text fw={500}>
          {name} {done && <Badge color="#1b6e34">Done</Badge>}
        </Text>
        <Text size="sm">{children}</Text>
        {!done && next}
      </Stack>
    </List.Item>
  );
}
