/** An outage that ends by itself, by the error's own word. Anything else is a bug, or data that we do not understand. */
export const isRetryable = (error: unknown): boolean => error instanceof Error && 'retryable' in error && error.retryable === true;

/** The work was stopped between two safe points: the partition went to another reader, or the process ends. Its events come again. */
export class Interrupted extends Error {
  override name = 'Interrupted';
  readonly retryable = true;
}
