import { jsonClient } from '../json-client.ts';
import { type BilledSeats, type Billing, BillingUnavailable, ledgerRules } from './billing.ts';

/** The reference ledger over HTTP. `url` with or without the `ledger:` that names it in BILLING_URL. */
export function ledgerBilling({ url, token }: { url: string; token: string }): Billing {
  const unavailable = (message: string) => new BillingUnavailable(`the ledger: ${message}`);
  const ask = jsonClient({ url: url.replace(/^ledger:/, ''), token, unavailable });
  const path = (tenant: string) => `/ledger/v1/tenants/${encodeURIComponent(tenant)}/seats`;
  return {
    rules: ledgerRules,
    setSeats: async (tenant, seats) => (await ask<BilledSeats>('PUT', path(tenant), seats)) as BilledSeats,
    billed: (tenant) => ask<BilledSeats>('GET', path(tenant)),
  };
}
