import type { Billing } from './billing.ts';
import { ledgerBilling } from './ledger-billing.ts';
import { stripeBilling } from './stripe-billing.ts';

/** The billing system that a URL names: `ledger:http://HOST:PORT`, `stripe:`, or `stripe:http://HOST:PORT` for a simulator. `token` opens it. */
export function openBilling(url: string, token: string): Billing {
  if (!url.startsWith('stripe:')) return ledgerBilling({ url, token });
  const place = url.slice('stripe:'.length);
  if (place === '') return stripeBilling({ secretKey: token });
  const { protocol, hostname, port } = new URL(place);
  const isHttp = protocol === 'http:';
  const api = { host: hostname, port: Number(port) || (isHttp ? 80 : 443), protocol: isHttp ? ('http' as const) : ('https' as const) };
  return stripeBilling({ secretKey: token, api });
}
