import type { RoleByHand } from '@claras/contracts/console-api';
import type { TeamPage } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';
import { emailKey } from '@claras/domain/email';
import { isRole, roles } from '@claras/domain/role';
import type { Api } from '../api.ts';
import { type Command, type Context, tenantOption } from '../command.ts';
import { Refusal, UsageError } from '../refusal.ts';
import { table } from '../table.ts';

const pageSize = '500';

/** Everyone on the Team page, page by page. */
export async function* teamOf(api: Api, tenant: string): AsyncGenerator<Profile> {
  for (let after: string | undefined; ; ) {
    const page = await api.get<TeamPage>(['tenants', tenant, 'team'], { limit: pageSize, ...(after ? { after } : {}) });
    yield* page.profiles;
    if (page.next === undefined) return;
    after = page.next;
  }
}

/** The id of a profile that is named by its id, its e-mail or its userName. */
async function profileId(api: Api, tenant: string, named: string): Promise<string> {
  if (!named.includes('@')) return named;
  const key = emailKey(named);
  for await (const { id, email, userName } of teamOf(api, tenant))
    if ((email && emailKey(email) === key) || (userName && emailKey(userName) === key)) return id;
  throw new Refusal(`nobody in the team of ${tenant} has that address: claras-scim team list --tenant ${tenant}`);
}

export const nameOf = ({ email, userName, displayName }: Pick<Profile, 'email' | 'userName' | 'displayName'>): string =>
  email ?? userName ?? displayName;
const rowOf = (profile: Profile) => ({
  profile: nameOf(profile),
  name: profile.displayName,
  role: profile.role,
  status: profile.status,
  id: profile.id,
});

export const teamList: Command = {
  name: 'team list',
  options: tenantOption,
  help: 'List the profiles of a tenant, archived ones too, with role and status.',
  async run({ api, value, print }) {
    const profiles: Profile[] = [];
    for await (const profile of teamOf(api, value('tenant') as string)) profiles.push(profile);
    print(profiles, () => table(['profile', 'name', 'role', 'status', 'id'], profiles.map(rowOf)));
  },
};

/** The path of the profile that the first argument names. */
export async function namedProfile({ api, value, positionals }: Context): Promise<string[]> {
  const tenant = value('tenant') as string;
  return ['tenants', tenant, 'team', await profileId(api, tenant, positionals[0] as string)];
}

const show = ({ print }: Context, profile: Profile): void =>
  print(profile, () => `${nameOf(profile)} is ${profile.role}, ${profile.status}`);

export const teamRole: Command = {
  name: 'team role',
  arguments: ['PROFILE_OR_EMAIL', 'ROLE'],
  options: tenantOption,
  help: 'Change a role by hand, an owner’s too, except that of the last active owner.',
  async run(context) {
    const role = context.positionals[1];
    if (!isRole(role)) throw new UsageError(`ROLE is one of ${roles.toReversed().join(', ')}`);
    const change: RoleByHand = { role };
    show(context, await context.api.put<Profile>([...(await namedProfile(context)), 'role'], change));
  },
};

const byHand = (word: 'archive' | 'restore', help: string): Command => ({
  name: `team ${word}`,
  arguments: ['PROFILE_OR_EMAIL'],
  options: tenantOption,
  help,
  async run(context) {
    show(context, await context.api.post<Profile>([...(await namedProfile(context)), word]));
  },
});

export const teamArchive = byHand('archive', 'Archive a profile by hand: its sessions end and its seat is free.');
export const teamRestore = byHand('restore', 'Restore an archived profile by hand.');
