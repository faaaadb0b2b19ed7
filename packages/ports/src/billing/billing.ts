/** The billing system: one quantity for each tenant. Level-triggered: callers say what it is, never by how much it changed. */
export interface Billing {
  /** How this system wants to be asked. */
  rules: BillingRules;
  /**
   * Sets the quantity. The same `key` twice is one effect. A `version` lower than the one that the system has is answered with what it has.
   * Throws {@link BillingUnavailable} for what goes by itself, {@link BillingRefused} for what does not.
   */
  setSeats(tenant: string, seats: SeatUpdate): Promise<BilledSeats>;
  /** What is billed now, at version 0 where somebody else set it; undefined for a tenant for whom nothing is. */
  billed(tenant: string): Promise<BilledSeats | undefined>;
}

export interface SeatUpdate {
  quantity: number;
  version: number;
  /** Holds every parameter (tenant, version, quantity, at), so it is never used again with others (Stripe, idempotent requests). */
  key: string;
  /** When the change counts from, in seconds since 1970: fixed for an attempt, so that a retry is the same request (B10). */
  at: number;
}

export interface BilledSeats {
  quantity: number;
  version: number;
}

export interface BillingRules {
  /** Changes within this time (ms) after the first are billed together (M25). */
  coalesce: number;
  /** Calls for one tenant in any hour, at most. */
  updatesPerHour: number;
  /** A swing of more than half and more than 20 seats downward waits for an approval; access is revoked all the same. */
  holdsSwings: boolean;
  /** It knows no older version from a newer one: two processes must never ask for one tenant at once. */
  exclusive: boolean;
}

/** For a ledger that compares versions itself: nothing can go wrong by haste. */
export const ledgerRules: BillingRules = {
  coalesce: 1000,
  updatesPerHour: Number.POSITIVE_INFINITY,
  holdsSwings: false,
  exclusive: false,
};

export class BillingUnavailable extends Error {
  override name = 'BillingUnavailable';
  readonly retryable = true;
  /** It answered, and will answer the same to the same key. */
  readonly isFinal: boolean;
  constructor(message: string, { isFinal = false } = {}) {
    super(message);
    this.isFinal = isFinal;
  }
}

/**
 * The billing system said no, and will again to the same key. `disconnected`: our key does not open it; `unlinked`: it has no subscription for
 * the tenant; `declined`: it wants money first; `invalid`: the request is wrong, or nobody can tell what to change: two subscriptions, say.
 */
export class BillingRefused extends Error {
  override name = 'BillingRefused';
  readonly retryable = false;
  readonly kind: 'disconnected' | 'unlinked' | 'declined' | 'invalid';
  constructor(kind: BillingRefused['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
