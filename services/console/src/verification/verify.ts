import type { Difference, VerificationReport } from '@claras/contracts/console-api';
import type { ByHand } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';
import type { Groups } from '@claras/directory/groups';
import { userKind } from '@claras/directory/kinds';
import { all } from '@claras/directory/look-up';
import type { Providers } from '@claras/directory/providers';
import type { Durable } from '@claras/directory/transact';
import { identityOf, type Named } from '@claras/domain/identity';
import { roleByMapping, roleOfGroup } from '@claras/domain/role-mapping';
import { type Billing, BillingRefused } from '@claras/ports/billing/billing';
import type { CoreApp, Team } from '@claras/ports/core-app/core-app';
import { pages } from '../api/everyone.ts';
import { groupsThatCount } from '../api/mapped-groups.ts';
import { compare, isByHand, nameOfDifference, orphaned } from './compare.ts';

export interface VerifyParts {
  durable: Durable;
  groups: Groups;
  providers: Providers;
  team: Team;
  coreApp: CoreApp;
  billing: Billing;
}

/** What is on its way between two looks, in milliseconds, is no difference. */
const patience = 1000;

/** What the directory, the core app and the bill say of a tenant, and where they do not agree. Nothing is written. */
export async function verify(
  parts: VerifyParts,
  tenant: string,
): Promise<Omit<VerificationReport, 'differences' | 'byHand'> & { differences: Difference[]; byHand: Difference[] }> {
  const first = await look(parts, tenant);
  if (first.differences.length === 0 && first.seats.active === first.seats.billed) return first;
  await parts.durable.runtime.sleep(patience);
  const second = await look(parts, tenant);
  const before = new Set(first.differences.map(nameOfDifference));
  return { ...second, differences: second.differences.filter((difference) => before.has(nameOfDifference(difference))) };
}

async function look({ team, coreApp, billing, ...parts }: VerifyParts, tenant: string) {
  const profiles = new Map<string, Profile>();
  const marks = new Map<string, ByHand>();
  let count = 0;
  for await (const page of pages(team, tenant)) {
    count += page.profiles.length;
    for (const profile of page.profiles) if (profile.scimId !== undefined) profiles.set(profile.scimId, profile);
    for (const [id, mark] of Object.entries(page.byHand ?? {})) marks.set(id, mark);
  }
  const { mapping, groups } = await mapped(parts, tenant);
  const differences: Difference[] = [];
  const byHand: Difference[] = [];
  let users = 0;
  for await (const page of all(parts.durable, userKind, tenant))
    for (const { id, resource } of page) {
      users++;
      const names = (groups.get(id) ?? []).map(({ name }) => name);
      const status = resource.active === false ? 'archived' : 'active';
      const expected = {
        user: id,
        identity: identityOf({ ...resource, userName: String(resource.userName) } as Named),
        status,
        role: roleByMapping(mapping, names),
      } as const;
      const profile = profiles.get(id);
      for (const difference of compare(expected, profile))
        (isByHand(difference, profile && marks.get(profile.id)) ? byHand : differences).push(difference);
      profiles.delete(id);
    }
  for (const profile of profiles.values())
    if (profile.scimId !== undefined) differences.push(...orphaned({ ...profile, scimId: profile.scimId }));
  const [{ active }, billed] = await Promise.all([coreApp.seats(tenant), billing.billed(tenant).catch(nothingIfRefused)]);
  return { users, profiles: count, differences, byHand, seats: { active, billed: billed?.quantity ?? null } };
}

/** The mapping that is in force, and of each user the groups that it names. */
export async function mapped({ durable, groups, providers }: Pick<VerifyParts, 'durable' | 'groups' | 'providers'>, tenant: string) {
  const mapping = (await providers.withScim(tenant))?.mapping ?? {};
  return { mapping, groups: await groupsThatCount({ durable, groups }, tenant, (name) => roleOfGroup(mapping, name) !== undefined) };
}

/** What a bill says is one line of many: the others are told without it. */
function nothingIfRefused(error: unknown): undefined {
  if (!(error instanceof BillingRefused)) throw error;
}
