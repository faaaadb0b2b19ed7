import type { RoleMapping } from '@claras/domain/role-mapping';
import type { Served } from './network.ts';
import type { Processes } from './processes.ts';
import type { Weather } from './weather.ts';
import type { WorldClock } from './world-clock.ts';

/** A user as the client was promised that it is. */
export interface PromisedUser {
  id: string;
  userName: string;
  displayName: string;
  email: string;
  active: boolean;
}
export interface PromisedGroup {
  id: string;
  displayName: string;
  members: Set<string>;
}
/** Everything that was acknowledged to a tenant's clients, and what broke a promise already. */
export interface Promised {
  tenant: string;
  users: Map<string, PromisedUser>;
  groups: Map<string, PromisedGroup>;
  mapping: RoleMapping;
  /** E-mail addresses of those whom a hand made an owner. */
  owners: Set<string>;
  sessions: { token: string; email: string }[];
  broken: string[];
  /** Writes that were acknowledged. */
  writes: number;
}

export interface Client {
  promised: Promised;
  work(operations: number): Promise<void>;
}

const schemas = {
  user: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  group: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
  patch: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
};
const groupNames = ['Claras Owners', 'Claras Managers', 'Claras Assistants', 'Staff', 'Everyone'];
const mappings: RoleMapping[] = [
  {},
  { owner: ['Claras Owners'], manager: ['Claras Managers'], assistant: ['Claras Assistants'] },
  { manager: [' claras managers', 'STAFF'], assistant: ['Everyone'] },
  { adviser: ['Staff'], assistant: ['Claras Managers'] },
];
const found = (body: unknown): string | undefined => (body as { Resources?: { id: string }[] } | undefined)?.Resources?.[0]?.id;
const idIn = (body: unknown): string => (body as { id: string }).id;
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/**
 * A tenant's identity provider and its administrators: several lanes side by side, each of which writes users of its own and asks until it
 * has an answer. So whatever fails, it is known what every resource must be in the end.
 */
export function company(parts: {
  tenant: string;
  key: string;
  provider: string;
  clock: WorldClock;
  weather: Weather;
  processes: Processes;
}) {
  const { tenant, key, provider, clock, weather, processes } = parts;
  const promised: Promised = {
    tenant,
    users: new Map(),
    groups: new Map(),
    mapping: {},
    owners: new Set(),
    sessions: [],
    broken: [],
    writes: 0,
  };
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' };

  /** The first answer that settles the matter. `again`: an earlier attempt may have worked. */
  async function scim(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown; again: boolean }> {
    for (let tries = 0; ; tries++) {
      const answer = await attempt(method, path, body);
      if (answer && answer.status !== 503) return { ...answer, again: tries > 0 };
      await clock.sleep(clock.below(500));
    }
  }

  async function attempt(method: string, path: string, body: unknown) {
    const up = processes.edges();
    if (up.length === 0) return undefined;
    const { life, served } = clock.pick(up);
    const request = { method, url: `/api/scim/v2${path}`, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await life.whileAlive(life.gate().then(() => served.inject(request)));
    clock.tell(`${tenant} ${method} ${path} ${answer?.status ?? 'no answer'}`);
    return weather.strikes(0.02) ? undefined : answer;
  }

  function expect(what: string, status: number, allowed: number[]): boolean {
    if (allowed.includes(status)) promised.writes++;
    else promised.broken.push(`${what} was answered with ${status}`);
    return allowed.includes(status);
  }

  /** One of the processes does it; asked again until it has answered. */
  async function insist<T, R>(list: () => readonly Served<T>[], ask: (served: T) => Promise<R>): Promise<R> {
    for (;;) {
      const up = list();
      if (up.length > 0) {
        const { life, served } = clock.pick(up);
        const answer = await life.whileAlive(
          ask(served).then(
            (value) => ({ value }),
            () => undefined,
          ),
        );
        if (answer) return answer.value;
      }
      await clock.sleep(clock.below(500));
    }
  }

  async function createUser(lane: Lane): Promise<void> {
    const number = lane.next++;
    await provision(lane, `${lane.name}${number}`);
  }

  async function provision(lane: Lane, login: string): Promise<void> {
    const userName = `${login}@acme.example`;
    const user = { userName, displayName: `${login} 0`, email: userName, active: !clock.oneIn(8) };
    const emails = [{ value: user.email, type: 'work', primary: true }];
    const { status, body, again } = await scim('POST', '/Users', { schemas: schemas.user, ...user, email: undefined, emails });
    let id: string | undefined;
    if (status === 201) id = idIn(body);
    else if (status === 409 && again) id = found((await scim('GET', `/Users?filter=userName+eq+"${encodeURIComponent(userName)}"`)).body);
    if (id === undefined) return void expect(`POST /Users ${userName}`, status, [201]);
    promised.writes++;
    const mine = { ...user, id };
    promised.users.set(id, mine);
    lane.users.push(mine);
  }

  async function patchUser({ users }: Lane): Promise<void> {
    if (users.length === 0) return;
    const user = clock.pick(users);
    const next = { ...user };
    const Operations: unknown[] = [];
    switch (clock.below(4)) {
      case 0:
        next.displayName = `${user.userName.split('@')[0]} ${clock.below(100)}`;
        Operations.push({ op: 'replace', path: 'displayName', value: next.displayName });
        break;
      case 1:
        next.email = `${user.userName.split('@')[0]}.${clock.below(5)}@acme.example`;
        Operations.push({ op: 'Replace', path: 'emails[type eq "work"].value', value: next.email });
        break;
      default:
        next.active = !user.active;
        Operations.push(
          clock.oneIn(2)
            ? { op: 'Replace', path: 'active', value: next.active ? 'True' : 'False' }
            : { op: 'replace', value: { active: next.active } },
        );
    }
    const { status } = await scim('PATCH', `/Users/${user.id}`, { schemas: schemas.patch, Operations });
    if (expect(`PATCH /Users of ${user.userName}`, status, [200, 204])) Object.assign(user, next);
  }

  async function readUser({ users }: Lane): Promise<void> {
    if (users.length === 0) return;
    const user = clock.pick(users);
    const { body } = await scim('GET', `/Users/${user.id}`);
    if (isObject(body) && (body.displayName !== user.displayName || body.active !== user.active))
      promised.broken.push(`${user.userName} is read as ${body.displayName} ${body.active}, written as ${user.displayName} ${user.active}`);
  }

  async function deleteUser(lane: Lane): Promise<void> {
    if (lane.users.length === 0) return;
    const user = clock.pick(lane.users);
    lane.users.splice(lane.users.indexOf(user), 1);
    const { status, again } = await scim('DELETE', `/Users/${user.id}`);
    if (!expect(`DELETE /Users of ${user.userName}`, status, again ? [204, 404] : [204])) return;
    promised.users.delete(user.id);
    for (const { members } of promised.groups.values()) members.delete(user.id);
    if (clock.oneIn(2)) await provision(lane, user.userName.split('@')[0]!);
  }

  async function changeMembers(lane: Lane): Promise<void> {
    const groups = [...promised.groups.values()];
    if (groups.length === 0 || lane.users.length === 0) return;
    const group = clock.pick(groups);
    const user = clock.pick(lane.users);
    const leave = group.members.has(user.id);
    const operation = leave
      ? { op: 'Remove', path: `members[value eq "${user.id}"]` }
      : { op: 'Add', path: 'members', value: [{ value: user.id }] };
    const { status } = await scim('PATCH', `/Groups/${group.id}`, { schemas: schemas.patch, Operations: [operation] });
    // Another lane may have deleted the group meanwhile.
    if (status === 404 && !promised.groups.has(group.id)) return;
    if (status === 404) return void lane.doubts.push(group.id);
    if (!expect(`PATCH /Groups ${group.displayName}`, status, [200, 204])) return;
    if (leave) group.members.delete(user.id);
    else group.members.add(user.id);
  }

  async function createGroup(): Promise<void> {
    const free = groupNames.filter((name) => ![...promised.groups.values()].some((group) => group.displayName === name));
    if (free.length === 0) return;
    const displayName = clock.pick(free);
    const externalId = clock.id();
    const { status, body, again } = await scim('POST', '/Groups', { schemas: schemas.group, displayName, externalId });
    let id: string | undefined;
    if (status === 201) id = idIn(body);
    else if (status === 409 && again) id = found((await scim('GET', `/Groups?filter=externalId+eq+"${externalId}"`)).body);
    if (id === undefined) return void expect(`POST /Groups ${displayName}`, status, [201]);
    promised.writes++;
    promised.groups.set(id, { id, displayName, members: new Set() });
  }

  async function editGroup(): Promise<void> {
    const groups = [...promised.groups.values()];
    if (groups.length === 0) return;
    const group = clock.pick(groups);
    if (clock.oneIn(3)) {
      promised.groups.delete(group.id);
      const { status, again } = await scim('DELETE', `/Groups/${group.id}`);
      expect(`DELETE /Groups ${group.displayName}`, status, again ? [204, 404] : [204]);
      return;
    }
    const free = groupNames.filter((name) => !groups.some((other) => other.displayName === name));
    if (free.length === 0) return;
    const displayName = clock.pick(free);
    const Operations = [{ op: 'replace', path: 'displayName', value: displayName }];
    const { status } = await scim('PATCH', `/Groups/${group.id}`, { schemas: schemas.patch, Operations });
    if (expect(`PATCH /Groups ${group.displayName}`, status, [200, 204])) group.displayName = displayName;
  }

  async function saveMapping(): Promise<void> {
    const mapping = clock.pick(mappings);
    await insist(processes.consoles, async ({ providers }) => {
      const { version } = (await providers.list(tenant)).find(({ id }) => id === provider)!;
      return providers.setMapping(tenant, provider, mapping, { version });
    });
    clock.tell(`${tenant} mapping ${JSON.stringify(mapping)}`);
    promised.mapping = mapping;
    promised.writes++;
  }

  /** A reader that missed something would ask for it; those that missed nothing go on as if nothing was said. */
  const askForSnapshot = (): Promise<void> =>
    insist(processes.consoles, ({ snapshots }) => snapshots.want(tenant, { by: 'operator', reason: 'a simulation', rebuild: false }));

  /** The Team page: somebody becomes an owner, or signs in. */
  async function teamPage({ users }: Lane): Promise<void> {
    const { profiles } = await insist(processes.cores, (core) => core.list(tenant, { limit: 100 }));
    if (profiles.length === 0) return;
    const profile = clock.pick(profiles);
    const { email } = profile;
    if (email === undefined) return;
    if (clock.oneIn(4)) {
      await insist(processes.cores, (core) => core.byHand(tenant, profile.id, { command: 'change-role', role: 'owner' }));
      clock.tell(`${tenant} ${profile.id} is owner by hand`);
      promised.owners.add(profile.id);
    } else {
      const token = await insist(processes.cores, (core) => core.signIn(tenant, email));
      if (token) promised.sessions.push({ token, email });
    }
    if (users.length > 50) throw new Error('more users than expected');
  }

  interface Lane {
    name: string;
    next: number;
    users: PromisedUser[];
    doubts: string[];
    chores: ((lane: Lane) => Promise<void>)[];
  }
  const ordinary = [
    createUser,
    createUser,
    patchUser,
    patchUser,
    patchUser,
    readUser,
    deleteUser,
    changeMembers,
    changeMembers,
    changeMembers,
  ];
  const lanes: Lane[] = [
    {
      name: 'a',
      next: 1,
      users: [],
      doubts: [],
      chores: [...ordinary, createGroup, createGroup, editGroup, saveMapping, askForSnapshot, teamPage],
    },
    { name: 'b', next: 1, users: [], doubts: [], chores: [...ordinary, teamPage] },
  ];

  async function work(operations: number): Promise<void> {
    await Promise.all(
      lanes.map(async (lane) => {
        for (let n = 0; n < operations; n++) {
          await clock.sleep(clock.random() * 400);
          await clock.pick(lane.chores)(lane);
        }
        for (const id of lane.doubts)
          if (promised.groups.has(id)) promised.broken.push(`group ${id} was acknowledged, then was not there, and was never deleted`);
      }),
    );
  }

  return { promised, work };
}
