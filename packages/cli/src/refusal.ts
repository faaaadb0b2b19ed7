/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** It could not be done; the message says why and what next: exit code 1. */
export class Refusal extends Error {
  override name = 'Refusal';
}
