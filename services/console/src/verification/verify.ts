import type { Difference, VerificationReport } from '@claras/contracts/console-api';
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
import { everyone } from '../api/everyone.ts';
import { groupsThatCount } from '../api/mapped-groups.ts';
import { compare, nameOfDifference, orphaned } from './compare.ts';

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
): Promise<Omit<VerificationReport, 'differences'> & { differences: Difference[] }> {
  const first = await look(parts, tenant);
  if (first.differences.length === 0 && first.seats.active === first.seats.billed) return first;
  await parts.durable.runtime.sleep(patience);
  const second = await look(parts, tenant);
  const before = new Set(first.differences.map(nameOfDifference));
  return { ...second, differences: second.differences.filter((difference) => before.has(nameOfDifference(difference))) };
}

async function look({ team, coreApp, billing, ...parts }: VerifyParts, tenant: string) {
  const profiles = new Map<string, Profile>();
  let count = 0;
  for await (const profile of everyone(team, tenant)) {
    count++;
    if (profile.scimId !== undefined) profiles.set(profile.scimId, profile);
  }
  const { mapping, groups } = await mapped(parts, tenant);
  const differences: Difference[] = [];
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
      differences.push(...compare(expected, profiles.get(id)));
      profiles.delete(id);
    }
  for (const profile of profiles.values())
    if (profile.scimId !== undefined) differences.push(...orphaned({ ...profile, scimId: profile.scimId }));
  const [{ active }, billed] = await Promise.all([coreApp.seats(tenant), billing.billed(tenant).catch(nothingIfRefused)]);
  return { users, profiles: count, differences, seats: { active, billed: billed?.quantity ?? null } };
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
