import type { SessionReport, SignInWays } from '@claras/contracts/console-api';
import { Alert, Anchor, Button, Code, Container, Loader, Paper, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type FormEvent, type ReactNode, useContext, useState } from 'react';
import { ApiError, ask, signIn, tokenOf, verify, whoAmI } from './api.ts';
import { Details } from './shared/details.tsx';
import { DialogForm } from './shared/dialog-form.tsx';
import { Trouble } from './shared/trouble.tsx';

const Session = createContext<SessionReport | undefined>(undefined);

/** Who is signed in. */
export function useSession(): SessionReport {
  const session = useContext(Session);
  if (!session) throw new Error('nobody is signed in');
  return session;
}

// The link's token leaves the address bar before anything else happens.
let linkToken = location.pathname === '/console/sign-in' ? location.hash.slice(1) : '';
if (linkToken) history.replaceState(null, '', '/console');

async function enter(): Promise<SessionReport | null> {
  const token = linkToken;
  linkToken = '';
  if (token) return signIn(token);
  return whoAmI().catch((error: unknown) => {
    if (error instanceof ApiError && error.problem.status === 401) return null;
    throw error;
  });
}

/** Shows the pages to whoever is signed in, and how to sign in to everyone else. */
export function SignedIn({ children }: { children: ReactNode }) {
  const { data, error, isPending } = useQuery({ queryKey: ['session'], queryFn: enter, retry: false, refetchInterval: 30_000 });
  if (data) return <Session value={data}>{children}</Session>;
  if (isPending) return <Loader m="xl" aria-label="Loading" />;
  return <SignIn error={error} />;
}

const openIdPath = (tenant: string, verify = false) =>
  `/api/v1/session/openid?${new URLSearchParams({ tenant, ...(verify ? { verify: 'true' } : {}) })}`;
const useWays = () => useQuery({ queryKey: ['ways'], queryFn: () => ask<SignInWays>('GET', '/session/ways'), refetchInterval: false }).data;

const returned = new ApiError({
  type: 'urn:claras:problem:refused',
  title: 'You were not let in',
  status: 403,
  detail: 'The console is open to active owners and managers of that company. Check the company and who you signed in as, then try again.',
});
const wasRefused = location.pathname === '/console/sign-in' && location.search === '?refused';

function SignIn({ error }: { error: Error | null }) {
  const queries = useQueryClient();
  const ways = useWays();
  const [company, setCompany] = useState('');
  function leave(event: FormEvent) {
    event.preventDefault();
    location.assign(openIdPath(company));
  }
  const [text, setText] = useState('');
  const [refused, setRefused] = useState<Error | null>(null);
  async function submit(event: FormEvent) {
    event.preventDefault();
    try {
      queries.setQueryData(['session'], await signIn(tokenOf(text)));
    } catch (reason) {
      setRefused(reason as Error);
    }
  }
  return (
    <Container size="xs" py="xl" component="main">
      <Paper withBorder p="xl">
        <Title order={1} size="h2" mb="md">
          Sign in to Claras
        </Title>
        {ways?.openId && (
          <form onSubmit={leave}>
            <Stack mb="xl">
              {wasRefused && !refused && <Trouble error={returned} />}
              <TextInput
                label="Company"
                description="Its id, as it stands in the address of these pages: hill-sons"
                value={company}
                onChange={(event) => setCompany(event.currentTarget.value.trim())}
                required
                maxLength={40}
              />
              <Button type="submit">Sign in with single sign-on</Button>
            </Stack>
          </form>
        )}
        <form onSubmit={submit}>
          <Stack>
            <Text>Open the link that was made for you, or paste it here. It works once, within an hour.</Text>
            {(refused ?? error) && <Trouble error={refused ?? error} />}
            <LinkField value={text} onChange={setText} />
            <Button type="submit" variant={ways?.openId ? 'default' : 'filled'}>
              Sign in
            </Button>
            <Text size="sm">
              No link, or it does not work any more? Ask Claras support for a new one. An owner of the team manages here, a manager reads.
            </Text>
            <Details>
              <Text size="sm">
                Support makes one with <Code>npx claras-scim console link --tenant T --email ADDRESS</Code>
              </Text>
            </Details>
          </Stack>
        </form>
      </Paper>
    </Container>
  );
}

function LinkField({ value, onChange, autofocus }: { value: string; onChange: (link: string) => void; autofocus?: boolean }) {
  return (
    <TextInput
      label="Sign-in link"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      autoComplete="off"
      required
      data-autofocus={autofocus}
    />
  );
}

/** Asks a person to show that it is them, and then does once more what asked for it. */
export function useVerified() {
  const [waiting, setWaiting] = useState<{ again: () => Promise<void> }>();

  async function verified(deed: () => Promise<void>): Promise<void> {
    try {
      await deed();
    } catch (error) {
      if (!(error instanceof ApiError && error.is('verification-needed'))) throw error;
      setWaiting({ again: deed });
    }
  }

  const dialog = waiting && (
    <Verification
      onCancel={() => setWaiting(undefined)}
      onDone={async () => {
        setWaiting(undefined);
        await verified(waiting.again);
      }}
    />
  );
  return { verified, dialog };
}

function Verification({ onCancel, onDone }: { onCancel: () => void; onDone: () => Promise<void> }) {
  const { tenant } = useSession();
  const ways = useWays();
  const [text, setText] = useState('');
  const [error, setError] = useState<Error>();
  async function submit() {
    try {
      await verify(tokenOf(text));
    } catch (reason) {
      return setError(reason as Error);
    }
    await onDone();
  }
  return (
    <DialogForm title="Show that it is you" submit="Go on" error={error} onSubmit={submit} onClose={onCancel}>
      <Alert title="This needs a new sign-in">
        You signed in more than 5 minutes ago, and what you are about to do reaches far: nobody shall do it at a screen that you left open.
        Paste a new sign-in link of your own to go on. Claras support makes you one.
      </Alert>
      {ways?.openId && tenant && (
        <Anchor href={openIdPath(tenant, true)}>Or sign in once more with single sign-on, and come back here.</Anchor>
      )}
      <LinkField value={text} onChange={setText} autofocus />
    </DialogForm>
  );
}
