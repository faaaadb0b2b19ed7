import type { AuditEntry, ConsoleLink, Erasure } from '@claras/contracts/console-api';
import type { Test } from 'tap';
import { eventually, type RestApi, settled } from './gateway.ts';
import { client, type Product, patch } from './rule-stories.ts';

export interface StoredProduct extends Product {
  /** All that its stores hold, topics apart, as lines: where it stands, and the value. */
  stored(): Promise<string>;
  /** Kills what erases, in the middle of it. */
  interrupt(): Promise<void>;
}

const said = /xanthippe|quagga &/i;

/** What the erased tenant's callers hear from now on, whatever they ask; nothing else may be said to them. */
async function refusedFor(t: Test, { api, scimUrl }: Product, { id, key, provider }: { id: string; key: string; provider: string }) {
  await eventually(10_000, 'no key opens SCIM', async () => {
    const answer = await fetch(`${scimUrl}/Users`, { headers: { authorization: `Bearer ${key}` } });
    return answer.status === 401 ? true : undefined;
  });
  for (const [method, path, body] of [
    ['GET', `/tenants/${id}`],
    ['GET', `/tenants/${id}/team`],
    ['GET', `/tenants/${id}/provisioning-log`],
    ['POST', `/tenants/${id}/snapshot`],
    ['POST', `/tenants/${id}/keys`, { name: 'Late', scopes: ['scim.full'] }],
    ['PUT', `/tenants/${id}/providers/${provider}/role-mapping`, { mapping: { owner: ['Xanthippe'] }, version: 1 }],
    ['POST', `/tenants/${id}/team`, { email: 'late@quagga.example', displayName: 'Xanthippe Late' }],
    ['POST', '/console-links', { tenant: id, email: 'hand@quagga.example' }],
  ] as const)
    await t.rejects(api.ask(method, path, body), /: 404 /, `${method} ${path}`);
}

/** Everything that is kept of a person somewhere: SCIM, refused, by hand, an open link, a session. */
async function inhabited({ api, scimUrl }: Product, tenant: { id: string; key: string; provider: string }): Promise<void> {
  await api.map(tenant.id, tenant.provider, { manager: ['Xanthippe’s people'] });
  const send = client(scimUrl, tenant.key);
  const members: { value: string }[] = [];
  for (let n = 0; n < 30; n++) {
    const user = { userName: `xanthippe.${n}@quagga.example`, displayName: `Xanthippe ${n}`, externalId: `xanthippe-${n}` };
    members.push({ value: (await send('POST', '/Users', user)).id });
  }
  const { id: group } = await send('POST', '/Groups', { displayName: 'Xanthippe’s people', members });
  await send('PATCH', `/Users/${members[0]!.value}`, patch({ op: 'replace', path: 'userName', value: 'xanthippe.new@quagga.example' }));
  await send('DELETE', `/Users/${members[1]!.value}`);
  await send('PATCH', `/Groups/${group}`, patch({ op: 'add', path: 'shoeSize', value: 'xanthippe' }));
  await send('POST', '/Users', { userName: 'xanthippe.2@quagga.example' }).catch(() => undefined);
  await api.ask('POST', `/tenants/${tenant.id}/team`, { email: 'hand@quagga.example', displayName: 'Xanthippe Hand', role: 'owner' });
  for (let n = 0; n < 2; n++)
    await api.ask<ConsoleLink>('POST', '/console-links', { tenant: tenant.id, email: 'xanthippe.hand@quagga.example' });
}

const erasure = (api: RestApi, tenant: string) => api.ask<Erasure>('GET', `/erasures/${tenant}`);
const finished = (api: RestApi, tenant: string) =>
  eventually(120_000, 'the tenant is erased', async () => {
    const report = await erasure(api, tenant);
    return report.finished && report.waiting.length === 0 ? report : undefined;
  });

/** S31: what is stored says of an erased tenant nothing of its people; nothing brings it back; its bill is settled, others are as they were. */
export async function tenantErased(t: Test, product: StoredProduct): Promise<void> {
  const { api, scimUrl, stored, interrupt } = product;
  const tenant = await api.tenant('Quagga & Sons', ['quagga.example']);
  const other = await api.tenant('Quagga', ['other.example']);
  await inhabited(product, tenant);
  const { id: bob } = await client(scimUrl, other.key)('POST', '/Users', { userName: 'bob@other.example' });
  const billed = async (id: string) => (await api.seats(id)).billed?.quantity;
  await eventually(30_000, 'everybody is billed', async () =>
    (await billed(tenant.id)) === 30 && (await billed(other.id)) === 1 ? true : undefined,
  );
  await settled(api);
  t.match(await stored(), said);
  const { items: before } = await api.ask<{ items: AuditEntry[] }>('GET', `/tenants/${tenant.id}/audit-log`);

  const erase = (id: string, name: string) => api.ask<Erasure>('POST', '/erasures', { tenant: id, name });
  await t.rejects(erase('nobody', 'Nobody'), /: 404 /);
  await t.rejects(erase(tenant.id, 'Quagga'), /: 400 .*not the name/);
  await t.rejects(erasure(api, tenant.id), /: 404 /, 'nothing was begun');

  // Entra goes on as if nothing had happened.
  let ended = false;
  const send = client(scimUrl, tenant.key);
  const goingOn = Promise.all(
    [1, 2, 3, 4].map(async (lane) => {
      for (let n = 0; !ended; n++)
        await send('POST', '/Users', { userName: `xanthippe.late.${lane}.${n}@quagga.example`, displayName: 'Xanthippe Late' }).catch(
          () => undefined,
        );
    }),
  );
  try {
    t.match(await erase(tenant.id, 'Quagga & Sons'), { tenant: tenant.id, by: 'operator', entry: { action: 'tenant.erased' } });
    await interrupt();
    await refusedFor(t, product, tenant);
    const { entry } = await finished(api, tenant.id);
    t.match(entry, { by: 'operator', subject: 'Tenant', details: {} }, 'what stays of the audit log');
    t.ok(entry!.number > before[0]!.number);
  } finally {
    ended = true;
    await goingOn;
  }

  t.ok((await erase(tenant.id, 'whatever')).finished, 'again it only says so');
  await t.rejects(api.ask('POST', '/tenants', { name: 'Quagga & Sons' }), /: 409 /, 'nobody gets its id');
  const { items } = await api.ask<{ items: { id: string }[] }>('GET', '/tenants');
  t.notOk(items.some(({ id }) => id === tenant.id));
  await settled(api);
  const text = await eventually(30_000, 'nothing that is stored says who it was', async () => {
    const all = await stored();
    return said.test(all) ? undefined : all;
  }).catch(async () => {
    t.fail(
      (await stored())
        .split('\n')
        .filter((line) => said.test(line))
        .slice(0, 5)
        .join('\n'),
    );
    return '';
  });
  const bill = text.split('\n').find((line) => line.includes(`ledger/${tenant.id}`) && line.includes('current'));
  t.match(bill, /"quantity":0,/, 'the bill is settled, and its rows stay');

  const { active, billed: bills } = await api.seats(other.id);
  t.strictSame([active, bills?.quantity], [1, 1]);
  t.match(await client(scimUrl, other.key)('GET', `/Users/${bob}`), { userName: 'bob@other.example' });
}
