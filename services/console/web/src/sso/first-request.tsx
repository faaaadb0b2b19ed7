import { Alert, Group, Loader } from '@mantine/core';
import { Ago } from '../shared/ago.tsx';

/** Waits for Entra's Test Connection, and says when it came. */
export function FirstRequest({ lastRequest }: { lastRequest: string | undefined }) {
  return (
    <div aria-live="polite">
      {lastRequest ? (
        <Alert color="green" title="Connected">
          The last request came <Ago time={lastRequest} />.
        </Alert>
      ) : (
        <Alert
          color="gray"
          title={
            <Group gap="xs">
              <Loader size="xs" aria-hidden /> Waiting for the first request
            </Group>
          }
        >
          It turns green when Entra’s Test Connection arrives.
        </Alert>
      )}
    </div>
  );
}
