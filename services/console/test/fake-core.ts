import type { Profile } from '@claras/contracts/events';
import { type CoreApp, type Team, TeamRefusal } from '@claras/ports/core-app/core-app';

/** As much of the core app as the console asks for, in memory: by hand only, no provisioning. */
export function fakeCore(): CoreApp & Team {
  const teams = new Map<string, Map<string, Profile>>();
  const sessions = new Map<string, { tenant: string; id: string }>();
  let made = 0;

  const teamOf = (tenant: string): Map<string, Profile> => {
    const team = teams.get(tenant) ?? new Map<string, Profile>();
    teams.set(tenant, team);
    return team;
  };
  const isLastOwner = (tenant: string, { id, role, status }: Profile): boolean =>
    role === 'owner' &&
    status === 'active' &&
    ![...teamOf(tenant).values()].some((other) => other.id !== id && other.role === 'owner' && other.status === 'active');

  return {
    apply: async () => [],
    linkedBefore: async () => ({ users: [] }),
    seats: async (tenant) => ({ active: [...teamOf(tenant).values()].filter(({ status }) => status === 'active').length, version: made }),
    async signIn(tenant, email) {
      const profile = [...teamOf(tenant).values()].find((one) => one.email === email && one.status === 'active');
      if (!profile) return undefined;
      const token = `session-of-${profile.id}-${++made}`;
      sessions.set(token, { tenant, id: profile.id });
      return token;
    },
    async session(tenant, token) {
      const session = sessions.get(token);
      const profile = session?.tenant === tenant ? teamOf(tenant).get(session.id) : undefined;
      return profile?.status === 'active' ? profile : undefined;
    },
    async signOut(_, token) {
      sessions.delete(token);
    },
    async erase(tenant) {
      teams.delete(tenant);
    },
    async list(tenant, { after = '', limit }) {
      const all = [...teamOf(tenant).values()];
      const rest = all.filter(({ id }) => id > after);
      const profiles = rest.slice(0, limit);
      return { profiles, total: all.length, version: made, ...(rest.length > limit ? { next: profiles.at(-1)!.id } : {}) };
    },
    async create(tenant, { email, displayName, role }) {
      if ([...teamOf(tenant).values()].some((profile) => profile.email === email))
        throw new TeamRefusal('email-taken', `${email} is taken by ${displayName}`);
      const profile: Profile = { id: `p${String(++made).padStart(6, '0')}`, email, displayName, role, status: 'active' };
      teamOf(tenant).set(profile.id, profile);
      return profile;
    },
    async byHand(tenant, id, command) {
      const profile = teamOf(tenant).get(id);
      if (!profile) throw new TeamRefusal('not-found', `no ${id}`);
      const changed: Profile = { ...profile };
      if (command.command === 'change-role') changed.role = command.role;
      else if (command.command === 'restore' && command.unlessCurrentRole === profile.role)
        throw new TeamRefusal('current-role', `${profile.email} is ${profile.role}`);
      else changed.status = command.command === 'archive' ? 'archived' : 'active';
      if (isLastOwner(tenant, profile) && (changed.role !== 'owner' || changed.status !== 'active'))
        throw new TeamRefusal('last-owner', `${profile.email} is the last`);
      teamOf(tenant).set(id, changed);
      return changed;
    },
  };
}
