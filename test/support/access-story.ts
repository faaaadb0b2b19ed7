import type { LogPage } from '@claras/contracts/console-api';
import type { Test } from 'tap';
import { eventually } from './gateway.ts';
import { client, type Product } from './rule-stories.ts';

const p99 = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN;

/** M21: access is denied within a second of the answer when nothing else happens, and within five while 10,000 users arrive. */
export async function revocation(t: Test, { api, scimUrl }: Product): Promise<void> {
  const tenant = await api.tenant('Revoked', ['a.example']);
  const send = client(scimUrl, tenant.key);
  const bulk = (from: number, count: number) => {
    const Operations = Array.from({ length: count }, (_, n) => ({
      method: 'POST',
      path: '/Users',
      bulkId: `u${from + n}`,
      data: { userName: `u${from + n}@a.example` },
    }));
    return send<{ Operations: { location: string }[] }>('POST', '/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations,
    });
  };
  const first = await bulk(0, 200);
  const ids = first.Operations.map(({ location }) => location.split('/').at(-1) as string);
  const leave = (id: string) => send('PATCH', `/Users/${id}`, { Operations: [{ op: 'replace', path: 'active', value: 'False' }] });

  /** Milliseconds from each acknowledged archive to the moment at which the core app denied access. */
  const delays = (some: readonly string[]): Promise<number[]> =>
    eventually(120_000, 'all are archived', async () => {
      const found = new Map<string, number>();
      for (let before: string | undefined; ; ) {
        const query = `type=user.updated&limit=200${before === undefined ? '' : `&before=${before}`}`;
        const page = await api.ask<LogPage>('GET', `/tenants/${tenant.id}/provisioning-log?${query}`);
        for (const { time, results } of page.items)
          for (const { user, facet, outcome, at } of results)
            if (facet === 'access' && outcome === 'applied') found.set(user, Date.parse(at) - Date.parse(time));
        before = page.next;
        if (before === undefined) break;
      }
      return some.every((id) => found.has(id)) ? some.map((id) => found.get(id) as number) : undefined;
    });

  for (const id of ids.slice(0, 100)) await leave(id);
  const idle = await delays(ids.slice(0, 100));
  t.ok(p99(idle) <= 1000, `idle: p99 ${p99(idle)} ms`);

  const arriving = Promise.all(Array.from({ length: 20 }, (_, n) => bulk(1000 + n * 500, 500)));
  for (const id of ids.slice(100)) await leave(id);
  await arriving;
  const busy = await delays(ids.slice(100));
  t.ok(p99(busy) <= 5000, `while 10,000 arrive: p99 ${p99(busy)} ms`);
}
