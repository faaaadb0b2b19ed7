import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './main.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { MutationCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from './api.ts';
import { App } from './app.tsx';
import { SignedIn } from './session.tsx';
import { theme, variables } from './theme.ts';

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
setNonce(nonce);

/** Pages follow what happens; a page that nobody looks at asks for nothing. */
const live = 2000;
const signedOut = (error: unknown) => error instanceof ApiError && error.problem.status === 401;

const queries = new QueryClient({
  defaultOptions: {
    // Offline is said like any other outage; the default would wait without a word.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      refetchInterval: ({ state }) => (signedOut(state.error) ? false : live),
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.problem.status >= 400 && error.problem.status < 500),
      staleTime: 500,
    },
  },
  mutationCache: new MutationCache({ onSettled: () => void queries.invalidateQueries() }),
});
queries.getQueryCache().subscribe(({ query, type }) => {
  if (type === 'updated' && query.queryKey[0] !== 'session' && signedOut(query.state.error)) queries.setQueryData(['session'], null);
});

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        <Notifications position="top-right" />
        <SignedIn>
          <App />
        </SignedIn>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
