/** A rule of tenants, providers, mappings or keys said no. `detail` may be shown as it is. */
export class DirectoryError extends Error {
  override name = 'DirectoryError';
  readonly retryable = false;
  readonly code: 'not-found' | 'conflict' | 'invalid';
  constructor(code: DirectoryError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
