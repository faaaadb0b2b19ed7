import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What happens to the next request for an item: answered so, or cut off before or after it had its effect. 402 and `broken` are saved for the key. */
export type Fault = 'before' | 'after' | 'hang' | 'rate' | 'lock' | 'broken' | 500 | 401 | 402;

interface Item {
  id: string;
  quantity: number;
  metadata: Record<string, string>;
  metered: boolean;
}
interface Subscription {
  id: string;
  tenant: string;
  status: 'active' | 'canceled';
  items: Item[];
}
interface Saved {
  parameters: string;
  status: number;
  body: string;
  at: number;
}

const day = 86_400_000;

/**
 * As much of Stripe as seats need, with its state and its habits: idempotency keys for 24 hours (the same key with other parameters is an error,
 * a saved answer is replayed, 500s too; docs.stripe.com/api/idempotent_requests), 200 quantity updates an hour for a subscription
 * (docs.stripe.com/rate-limits), lost connections. `clock` is in milliseconds.
 */
export async function stripeSimulator({ clock = () => Date.now() }: { clock?: () => number } = {}) {
  const subscriptions: Subscription[] = [];
  /** Seconds since 1970: a proration before it is refused. */
  let periodStart = 0;
  const saved = new Map<string, Saved>();
  const running = new Set<string>();
  const updates: { tenant: string; quantity: number; key: string; proration: number; at: number }[] = [];
  const faults: Fault[] = [];
  let chance: { rate: number; fault: Fault } | undefined;
  let calls = 0;

  const error = (status: number, type: string, code?: string) => ({
    status,
    body: JSON.stringify({ error: { type, code, message: type } }),
  });
  const itemBody = ({ id, quantity, metadata, metered }: Item) => ({
    ...{ id, object: 'subscription_item', metadata, price: { recurring: { usage_type: metered ? 'metered' : 'licensed' } } },
    ...(metered ? {} : { quantity }),
  });
  const body = ({ id, tenant, status, items }: Subscription) => ({
    ...{ id, object: 'subscription', status, metadata: { claras_tenant: tenant }, items: { data: items.map(itemBody) } },
  });
  const live = (tenant: string) => subscriptions.filter((one) => one.tenant === tenant && one.status === 'active');
  const add = (tenant: string, quantity: number, metered: boolean) => {
    const items = live(tenant)[0]?.items ?? [];
    if (items.length === 0) subscriptions.push({ id: `sub_${subscriptions.length}`, tenant, status: 'active', items });
    items.unshift({ id: `si_${subscriptions.length}${items.length}`, quantity, metadata: {}, metered });
  };

  function update({ tenant, status }: Subscription, item: Item, form: URLSearchParams, key: string): { status: number; body: string } {
    const recent = updates.filter((one) => one.tenant === tenant && one.at > clock() - 3_600_000);
    if (recent.length >= 200) return error(429, 'rate_limit_error', 'rate_limit');
    const [quantity, proration] = [Number(form.get('quantity')), Number(form.get('proration_date'))];
    if (status === 'canceled' || item.metered) return error(400, 'invalid_request_error');
    if (!Number.isInteger(quantity) || quantity < 0) return error(400, 'invalid_request_error', 'parameter_invalid_integer');
    if (proration < periodStart) return error(400, 'invalid_request_error');
    item.quantity = quantity;
    for (const [name, value] of form) {
      const field = /^metadata\[(.+)\]$/.exec(name)?.[1];
      if (field) item.metadata[field] = value;
    }
    updates.push({ tenant, quantity, key, proration, at: clock() });
    return { status: 200, body: JSON.stringify(itemBody(item)) };
  }

  function answer(request: IncomingMessage, text: string, fault: Fault | undefined): { status: number; body: string; replayed?: boolean } {
    const url = new URL(request.url ?? '', 'http://stripe');
    if (url.pathname === '/v1/subscriptions/search') {
      const tenant = /'claras_tenant'\]:'([^']+)'/.exec(url.searchParams.get('query') ?? '')?.[1];
      // Of every status, also those that have ended.
      const data = subscriptions.filter((one) => one.tenant === tenant).map(body);
      return { status: 200, body: JSON.stringify({ object: 'search_result', data, has_more: false }) };
    }
    const [, kind, id] = /^\/v1\/(subscriptions|subscription_items)\/(\w+)$/.exec(url.pathname) ?? [];
    const owner = subscriptions.find((one) => (kind === 'subscriptions' ? one.id === id : one.items.some((item) => item.id === id)));
    const item = owner?.items.find((one) => one.id === id);
    if (!owner || (kind === 'subscription_items' && !item)) return error(404, 'invalid_request_error', 'resource_missing');
    if (!item) return { status: 200, body: JSON.stringify(body(owner)) };

    const key = String(request.headers['idempotency-key'] ?? '');
    if (!key) return error(400, 'invalid_request_error', 'no_idempotency_key');
    const parameters = `${url.pathname} ${[...new URLSearchParams(text)].sort().join('&')}`;
    const before = saved.get(key);
    if (before && before.at > clock() - day) {
      if (before.parameters !== parameters) return error(400, 'idempotency_error');
      return { status: before.status, body: before.body, replayed: true };
    }
    const result =
      fault === 'broken'
        ? error(500, 'api_error')
        : fault === 402
          ? error(402, 'card_error', 'card_declined')
          : update(owner, item, new URLSearchParams(text), key);
    if (result.status !== 429) saved.set(key, { parameters, ...result, at: clock() });
    return result;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += chunk;
    calls++;
    const fault = faults.shift() ?? (chance && Math.random() < chance.rate ? chance.fault : undefined);
    if (fault === 'before') return void request.socket.destroy();
    if (fault === 'hang') return;
    const send = ({ status, body, replayed }: { status: number; body: string; replayed?: boolean }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...(replayed ? { 'idempotent-replayed': 'true' } : {}) });
      response.end(body);
    };
    if (fault === 'rate' || fault === 'lock') return send(error(429, 'rate_limit_error', fault === 'lock' ? 'lock_timeout' : 'rate_limit'));
    if (fault === 500) return send(error(500, 'api_error'));
    if (fault === 401) return send(error(401, 'invalid_request_error'));
    const key = String(request.headers['idempotency-key'] ?? '');
    if (key && running.has(key)) return send(error(409, 'idempotency_error', 'idempotency_key_in_use'));
    running.add(key);
    await new Promise((resolve) => setImmediate(resolve));
    const result = answer(request, text, fault);
    running.delete(key);
    if (fault === 'after') return void request.socket.destroy();
    send(result);
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    api: { host: '127.0.0.1', port, protocol: 'http' as const },
    /** Gives a tenant a subscription, with an item for its seats; an item more where it has one. */
    subscribe: (tenant: string, quantity = 1): void => add(tenant, quantity, false),
    /** Gives the tenant's subscription an item that is billed by usage. */
    meter: (tenant: string): void => add(tenant, 0, true),
    /** Gives a tenant another subscription beside the one that it has. */
    subscribeAgain(tenant: string): void {
      subscriptions.push({ id: `sub_${subscriptions.length}`, tenant, status: 'active', items: [] });
    },
    /** Ends what the tenant has; it is still found. */
    cancel(tenant: string): void {
      for (const one of live(tenant)) one.status = 'canceled';
    },
    /** The subscription is another tenant's from now on. */
    handOn(tenant: string, to: string): void {
      for (const one of live(tenant)) one.tenant = to;
    },
    /** A new period of billing begins. */
    renew(): void {
      periodStart = Math.ceil(clock() / 1000);
    },
    quantity: (tenant: string) => live(tenant)[0]?.items.findLast(({ metered }) => !metered)?.quantity,
    /** A hand in Stripe's dashboard. */
    edit(tenant: string, quantity: number): void {
      for (const { items } of live(tenant)) for (const item of items) item.quantity = quantity;
    },
    /** Every change that had an effect. */
    updates,
    calls: () => calls,
    next: (...more: Fault[]) => void faults.push(...more),
    sometimes(rate: number, fault: Fault): void {
      chance = { rate, fault };
    },
    always(): void {
      chance = undefined;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
