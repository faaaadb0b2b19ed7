import { Alert } from '@mantine/core';
import { ApiError } from '../api.ts';

/** What went wrong, and what to do next. */
export function Trouble({ error }: { error: Error | null | undefined }) {
  if (!error) return null;
  const title = error instanceof ApiError ? error.problem.title : 'This page has a fault';
  const next = error instanceof ApiError ? error.problem.detail : 'Load it again. If it goes on, tell your operator what you did.';
  return (
    <Alert color="red" title={title} role="alert">
      {next}
    </Alert>
  );
}
