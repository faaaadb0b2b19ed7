/** Time, chance and names, injected so that a run can be repeated (DECISIONS 13). Nothing else may ask the machine for them. */
export interface Runtime {
  /** Milliseconds since 1970, UTC; whole. */
  now(): number;
  /** Resolves after `ms`; earlier, and without error, when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** 0 <= x < 1. */
  random(): number;
  /** A new UUID, version 7 (RFC 9562): ids made later sort later. */
  id(): string;
}
