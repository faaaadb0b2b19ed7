/** The billing system: one quantity for each tenant. Level-triggered: callers say what it is, never by how much it changed. */
export interface Billing {
  /**
   * Sets the quantity. The same `key` twice is one effect. A `version` lower than the one that the system has is answered with what it has.
   * `key` holds every parameter (tenant, version, quantity, day), so it is never reused with others (Stripe, idempotent requests).
   */
  setSeats(tenant: string, seats: { quantity: number; version: number; key: string }): Promise<BilledSeats>;
  /** What is billed now; undefined for a tenant that was never billed. */
  billed(tenant: string): Promise<BilledSeats | undefined>;
}

export interface BilledSeats {
  quantity: number;
  version: number;
}

export class BillingUnavailable extends Error {
  override name = 'BillingUnavailable';
  readonly retryable = true;
}
