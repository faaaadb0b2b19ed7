import Stripe from 'stripe';
import { type BilledSeats, type Billing, BillingRefused, BillingUnavailable } from './billing.ts';

export interface StripeOptions {
  /** Restricted key: read subscriptions, write subscription items. */
  secretKey: string;
  /** Another place than Stripe's own: a simulator. */
  api?: { host: string; port: number; protocol: 'http' | 'https' };
  /** Milliseconds. */
  timeout?: number;
}

const versionField = 'claras_seat_version';
const retries = 2;

/**
 * Seats as the licensed quantity of one subscription item for each tenant: the first item of the subscription with `claras_tenant` in its
 * metadata. Prorations go to the next invoice (`create_prorations`; Stripe makes at most 20 invoices a day for a subscription). Stripe has no
 * compare-and-set, so callers keep one call in flight; the version stands in the item's metadata.
 */
export function stripeBilling({
  secretKey,
  api = { host: 'api.stripe.com', port: 443, protocol: 'https' },
  timeout = 10_000,
}: StripeOptions): Billing {
  const stripe = new Stripe(secretKey, { ...api, timeout, maxNetworkRetries: retries, telemetry: false });
  const itemOf = new Map<string, string>();

  async function findItem(tenant: string): Promise<string> {
    const known = itemOf.get(tenant);
    if (known) return known;
    // Tenant ids are letters, digits and hyphens: nothing to escape.
    const { data } = await stripe.subscriptions.search({ query: `metadata['claras_tenant']:'${tenant}'`, limit: 2 });
    const [subscription, another] = data;
    if (another) throw new BillingRefused('invalid', `Stripe has two subscriptions with claras_tenant ${tenant}`);
    const item = subscription?.items.data[0];
    if (!item) throw new BillingRefused('unlinked', `Stripe has no subscription with claras_tenant ${tenant} in its metadata`);
    itemOf.set(tenant, item.id);
    return item.id;
  }

  const seatsOf = ({ quantity, metadata }: Stripe.SubscriptionItem): BilledSeats => ({
    quantity: quantity ?? 0,
    version: Number(metadata[versionField] ?? 0),
  });

  /** Undefined where no version stands in the metadata: never billed by us. */
  async function retrieve(tenant: string): Promise<BilledSeats | undefined> {
    const item = await stripe.subscriptionItems.retrieve(await findItem(tenant));
    return item.metadata[versionField] === undefined ? undefined : seatsOf(item);
  }

  async function asked<T>(tenant: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      if (error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing') itemOf.delete(tenant);
      throw asBillingError(error);
    }
  }

  return {
    rules: { coalesce: 30_000, updatesPerHour: 120, holdsSwings: true, exclusive: true },
    setSeats: (tenant, { quantity, version, key, at }) =>
      asked(tenant, async () => {
        const now = await retrieve(tenant);
        if (now && (now.version > version || (now.version === version && now.quantity === quantity))) return now;
        const metadata = { [versionField]: String(version) };
        const change: Stripe.SubscriptionItemUpdateParams = {
          quantity,
          metadata,
          proration_behavior: 'create_prorations',
          proration_date: at,
        };
        const item = await stripe.subscriptionItems.update(await findItem(tenant), change, { idempotencyKey: key });
        const replayed = item.lastResponse.headers['idempotent-replayed'] === 'true';
        return replayed ? ((await retrieve(tenant)) ?? seatsOf(item)) : seatsOf(item);
      }),
    billed: (tenant) =>
      asked(tenant, () => retrieve(tenant)).catch((error) => {
        if (error instanceof BillingRefused && error.kind === 'unlinked') return undefined;
        throw error;
      }),
  };
}

/** Stripe's errors by what they mean for us (docs.stripe.com/error-handling). Its own library retries 409, 5xx and lost connections, and not 429. */
function asBillingError(error: unknown): unknown {
  const { errors } = Stripe;
  if (error instanceof errors.StripeAuthenticationError || error instanceof errors.StripePermissionError)
    return new BillingRefused('disconnected', `Stripe refuses our key: ${error.message}`);
  if (error instanceof errors.StripeCardError) return new BillingRefused('declined', `Stripe: ${error.message}`);
  if (error instanceof errors.StripeIdempotencyError) return new BillingRefused('invalid', `Stripe: ${error.message}`);
  if (error instanceof errors.StripeInvalidRequestError)
    return new BillingRefused(error.code === 'resource_missing' ? 'unlinked' : 'invalid', `Stripe: ${error.message}`);
  if (error instanceof errors.StripeError) return new BillingUnavailable(`Stripe: ${error.type}`);
  return error;
}
