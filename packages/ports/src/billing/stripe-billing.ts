import Stripe from 'stripe';
import { type BilledSeats, type Billing, BillingRefused, BillingUnavailable, type SeatUpdate } from './billing.ts';

export interface StripeOptions {
  /** Restricted key: read subscriptions, write subscription items. */
  secretKey: string;
  /** Another place than Stripe's own: a simulator. */
  api?: { host: string; port: number; protocol: 'http' | 'https' };
  /** Milliseconds. */
  timeout?: number;
}

const tenantField = 'claras_tenant';
const versionField = 'claras_seat_version';
const retries = 2;
/** All reads before an update and its own tries end while its lease lasts. */
const reading = { maxNetworkRetries: 1 };

/** A search finds these too; nothing can be billed on them. */
const ended: readonly Stripe.Subscription.Status[] = ['canceled', 'incomplete_expired'];
const isLive = ({ status }: Stripe.Subscription): boolean => !ended.includes(status);

const seatsOf = ({ quantity, metadata }: Stripe.SubscriptionItem): BilledSeats => ({
  quantity: quantity ?? 0,
  version: Number(metadata[versionField] ?? 0),
});

/** The item that we billed before, else the only one that has a quantity. */
function seatItem(tenant: string, { items }: Stripe.Subscription): Stripe.SubscriptionItem {
  const ours = items.data.filter(({ metadata }) => metadata[versionField] !== undefined);
  const licensed = items.data.filter(({ price }) => price.recurring?.usage_type !== 'metered');
  const [item, another] = ours.length > 0 ? ours : licensed;
  if (item && !another) return item;
  const how = `${versionField}: 0 in its metadata names the right one`;
  throw new BillingRefused('invalid', `the subscription of ${tenant} has ${item ? 'several items' : 'no item'} for seats; ${how}`);
}

/**
 * Seats as the licensed quantity of one subscription item for each tenant, in the subscription with `claras_tenant` in its metadata.
 * Prorations go to the next invoice (`create_prorations`; Stripe makes at most 20 invoices a day for a subscription). Stripe has no
 * compare-and-set, so callers keep one call in flight; the version stands in the item's metadata.
 */
export function stripeBilling({
  secretKey,
  api = { host: 'api.stripe.com', port: 443, protocol: 'https' },
  timeout = 10_000,
}: StripeOptions): Billing {
  const stripe = new Stripe(secretKey, { ...api, timeout, maxNetworkRetries: retries, telemetry: false });
  const known = new Map<string, string>();

  /** Undefined where it has ended, or is another tenant's by now. */
  async function subscriptionOf(tenant: string, id: string): Promise<Stripe.Subscription | undefined> {
    const subscription = await stripe.subscriptions.retrieve(id, undefined, reading).catch((error) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    return subscription?.metadata[tenantField] === tenant && isLive(subscription) ? subscription : undefined;
  }

  /** What a search finds may be a minute old, so what stands there is read. */
  async function search(tenant: string): Promise<Stripe.Subscription | undefined> {
    // Tenant ids are letters, digits and hyphens: nothing to escape.
    const query = `metadata['${tenantField}']:'${tenant}'`;
    const { data } = await stripe.subscriptions.search({ query, limit: 100 }, reading);
    const [found, another] = data.filter(isLive);
    if (another) throw new BillingRefused('invalid', `Stripe has two subscriptions with ${tenantField} ${tenant}`);
    if (!found) return undefined;
    known.set(tenant, found.id);
    return subscriptionOf(tenant, found.id);
  }

  /** Read at each call: in Stripe a subscription is cancelled, replaced or handed on while we run. */
  async function find(tenant: string): Promise<Stripe.SubscriptionItem | undefined> {
    const id = known.get(tenant);
    const subscription = (id && (await subscriptionOf(tenant, id))) || (await search(tenant));
    return subscription && seatItem(tenant, subscription);
  }

  const unlinked = (tenant: string) =>
    new BillingRefused('unlinked', `Stripe has no subscription with ${tenantField} ${tenant} in its metadata`);

  async function setSeats(tenant: string, { quantity, version, key, at }: SeatUpdate): Promise<BilledSeats> {
    const item = await find(tenant);
    if (!item) throw unlinked(tenant);
    const now = seatsOf(item);
    if (now.version > version || (now.version === version && now.quantity === quantity)) return now;
    const metadata = { [versionField]: String(version) };
    const change = { quantity, metadata, proration_behavior: 'create_prorations', proration_date: at } as const;
    const after = await stripe.subscriptionItems.update(item.id, change, { idempotencyKey: key });
    const isReplayed = after.lastResponse.headers['idempotent-replayed'] === 'true';
    return seatsOf((isReplayed && (await find(tenant))) || after);
  }

  async function billed(tenant: string): Promise<BilledSeats | undefined> {
    const item = await find(tenant);
    return item && seatsOf(item);
  }

  const told = (error: unknown): never => {
    throw asBillingError(error);
  };
  return {
    rules: { coalesce: 30_000, updatesPerHour: 120, holdsSwings: true, exclusive: true },
    setSeats: (tenant, seats) => setSeats(tenant, seats).catch(told),
    billed: (tenant) => billed(tenant).catch(told),
  };
}

const isMissing = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';

/** Stripe's errors by what they mean for us (docs.stripe.com/error-handling). Its own library retries 409, 5xx and lost connections, and not 429. */
function asBillingError(error: unknown): unknown {
  const { errors } = Stripe;
  if (error instanceof errors.StripeAuthenticationError || error instanceof errors.StripePermissionError)
    return new BillingRefused('disconnected', `Stripe refuses our key: ${error.message}`);
  if (error instanceof errors.StripeCardError) return new BillingRefused('declined', `Stripe: ${error.message}`);
  if (error instanceof errors.StripeIdempotencyError) return new BillingRefused('invalid', `Stripe: ${error.message}`);
  if (isMissing(error)) return new BillingRefused('unlinked', `Stripe: ${(error as Error).message}`);
  if (error instanceof errors.StripeInvalidRequestError) return new BillingRefused('invalid', `Stripe: ${error.message}`);
  // What it answered with 5xx is saved for the key as well (docs.stripe.com/api/idempotent_requests).
  if (error instanceof errors.StripeError)
    return new BillingUnavailable(`Stripe: ${error.type}`, { isFinal: (error.statusCode ?? 0) >= 500 });
  return error;
}
