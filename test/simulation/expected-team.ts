import type { DirectoryEvent, UserSnapshot } from '@claras/contracts/events';

/** What the Team page must show, worked out from the log by the help page's rules alone: written apart from the product, to judge it. */
export interface ExpectedProfile {
  userName: string;
  displayName: string;
  email: string;
  role: string;
  status: 'active' | 'archived';
}

const ranks = ['owner', 'manager', 'adviser', 'assistant'] as const;
type Mapping = Partial<Record<string, readonly string[]>>;
const folded = (name: string): string => name.normalize('NFKC').trim().toUpperCase().toLowerCase();

export interface ExpectedDirectory {
  users: Map<string, UserSnapshot>;
  groups: Map<string, { displayName: string; members: Set<string> }>;
  mapping: Mapping;
  /** By userName: here a user made again under its old name is the same person (M23). */
  team: Map<string, ExpectedProfile>;
}

const emailOf = ({ userName, emails }: UserSnapshot & { emails?: { value: string }[] }): string => emails?.[0]?.value ?? userName;

/** The highest mapped role; undefined where no group matches: "we won't change their role". */
function roleOf({ groups, mapping }: ExpectedDirectory, user: string): string | undefined {
  const names = new Set([...groups.values()].filter(({ members }) => members.has(user)).map(({ displayName }) => folded(displayName)));
  return ranks.find((role) => mapping[role]?.some((name) => names.has(folded(name))));
}

export function roleByUserName(directory: ExpectedDirectory, userName: string): string | undefined {
  const user = [...directory.users.values()].find((candidate) => candidate.userName === userName);
  return user && roleOf(directory, user.id);
}

function recheck(directory: ExpectedDirectory): void {
  for (const [id, { userName }] of directory.users) {
    const role = roleOf(directory, id);
    const profile = directory.team.get(userName)!;
    if (role !== undefined && profile.role !== 'owner') profile.role = role;
  }
}

function apply(directory: ExpectedDirectory, event: DirectoryEvent): void {
  const { users, groups, team } = directory;
  switch (event.type) {
    case 'provisioning.changed':
      directory.mapping = event.data.provisioning?.mapping ?? {};
      break;
    case 'user.created':
    case 'user.updated': {
      const { user } = event.data;
      const { userName } = user;
      users.set(user.id, user);
      team.set(userName, {
        userName,
        displayName: (user as { displayName?: string }).displayName ?? userName,
        email: emailOf(user),
        role: team.get(userName)?.role ?? 'adviser',
        status: user.active ? 'active' : 'archived',
      });
      break;
    }
    case 'user.deleted':
      users.delete(event.data.id);
      for (const { members } of groups.values()) members.delete(event.data.id);
      team.get(event.data.userName)!.status = 'archived';
      break;
    case 'group.created':
      groups.set(event.data.group.id, { displayName: event.data.group.displayName, members: new Set() });
      break;
    case 'group.updated':
      groups.get(event.data.group.id)!.displayName = event.data.group.displayName;
      break;
    case 'group.deleted':
      groups.delete(event.data.id);
      break;
    case 'group.members.cleared':
      groups.get(event.data.group)!.members.clear();
      break;
    case 'group.members.changed': {
      const { members } = groups.get(event.data.group)!;
      for (const user of event.data.added) members.add(user);
      for (const user of event.data.removed) members.delete(user);
      break;
    }
  }
  recheck(directory);
}

export function expectedDirectory(events: readonly DirectoryEvent[]): ExpectedDirectory {
  const directory: ExpectedDirectory = { users: new Map(), groups: new Map(), mapping: {}, team: new Map() };
  for (const event of events) apply(directory, event);
  return directory;
}
