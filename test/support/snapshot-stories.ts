import type { SnapshotReport, VerificationReport } from '@claras/contracts/console-api';
import { simulate } from '@claras/entra-simulator/simulate';
import type { Test } from 'tap';
import { eventually, type RestApi, settled } from './gateway.ts';
import { mapping, played } from './provisioned.ts';

export interface Provisioned {
  id: string;
  key: string;
  provider: string;
}

/** A tenant that Entra has provisioned. */
export async function provisioned(t: Test, api: RestApi, scimUrl: string, name: string, seed: number): Promise<Provisioned> {
  const tenant = await api.tenant(name, ['fabrikam.example']);
  await api.map(tenant.id, tenant.provider, mapping);
  played(t, await simulate({ seed, users: 120, groups: 6, url: scimUrl, key: tenant.key, cycle: 'initial', dialect: 'flagged' }));
  await agrees(api, tenant.id);
  return tenant;
}

export const verified = (api: RestApi, tenant: string) => api.ask<VerificationReport>('GET', `/tenants/${tenant}/verification`);

/**
 * The directory, the core app and the bill agree, and nothing is on its way. Said twice: a difference that is seen for the first time counts as on
 * its way, such as the role of a profile that was just made.
 */
export async function agrees(api: RestApi, tenant: string, ms = 60_000): Promise<void> {
  let agreed = 0;
  await eventually(ms, 'directory, core app and bill agree', async () => {
    const { differences, seats } = await verified(api, tenant);
    agreed = differences.total === 0 && seats.active === seats.billed ? agreed + 1 : 0;
    return agreed === 2 || undefined;
  });
}

export const snapshotOf = (api: RestApi, tenant: string) => api.ask<SnapshotReport>('GET', `/tenants/${tenant}/snapshot`);
export const finished = (api: RestApi, tenant: string, than: (report: SnapshotReport) => boolean = () => true) =>
  eventually(120_000, 'the snapshot is finished', async () => {
    const report = await snapshotOf(api, tenant);
    return report.snapshot?.finished && !report.wanted && than(report) ? report.snapshot : undefined;
  });

/** A snapshot that an operator asks for: what is right stays, what a hand set stays, and somebody whom the directory does not have goes. */
export async function snapshotByHand(t: Test, api: RestApi, scimUrl: string): Promise<void> {
  const { id } = await provisioned(t, api, scimUrl, 'Snapshot by hand', 51);
  const team = await api.team(id);
  const [lowered, archived] = team.filter(({ role, status }) => role === 'manager' && status === 'active');
  await api.ask('PUT', `/tenants/${id}/team/${lowered!.id}/role`, { role: 'assistant' });
  await api.ask('POST', `/tenants/${id}/team/${archived!.id}/archive`);
  const before = await api.team(id);
  await api.ask('POST', `/tenants/${id}/snapshot`);
  const { users, groups, by } = await finished(api, id);
  t.match({ users, groups, by }, { users: team.length, groups: 6, by: 'operator' });
  await settled(api);
  t.strictSame(await api.team(id), before, 'everyone is as before, those whom a hand changed too');
  const { differences, byHand } = await verified(api, id);
  t.equal(differences.total, 0);
  t.equal(byHand.total, 2, 'and verify says where a hand differs from the directory');
}
