import type { Client, Request } from './client.ts';
import type { Group, Person } from './company.ts';
import {
  type Body,
  equals,
  groupBody,
  managerBody,
  matchedBody,
  membersBody,
  queryOf,
  renameBody,
  updateBody,
  userBody,
} from './dialect.ts';
import type { Dialect, Intent, IntentOf } from './intent.ts';
import { type Links, NotThere } from './links.ts';
import { expectStatus, listIn, match, query, Refused, resourceIn } from './match.ts';

/** How the number of users and groups on the edge should change by what was done. */
export interface Balance {
  users: number;
  groups: number;
}

export interface Provisioning {
  /** Carries out one intent as the provisioning service does. Throws Refused or NoAnswer with the reason of a failure. */
  carryOut(intent: Intent): Promise<void>;
  readonly balance: Balance;
}

/** Statuses of a refused unknown member: RFC 7644 leaves open whether such an id is stored, skipped or an error. */
const refusesStranger = (status: number): boolean => status >= 400 && status < 500 && status !== 401 && status !== 403;

export function provisioning(client: Client, links: Links, usual: Dialect): Provisioning {
  const balance: Balance = { users: 0, groups: 0 };
  const send = (kind: string, method: Request['method'], path: string, body?: Body) =>
    client.send({ kind, method, path, ...(body && { body }) });
  const patched = async (kind: string, path: string, body: Body): Promise<void> => {
    const answer = expectStatus(await send(kind, 'PATCH', path, body), 200, 204);
    if (answer.status === 200) resourceIn(answer);
  };

  /** 409 means that it is there, so Entra matches again and updates (also when the answer of its own create was lost). */
  async function create(kind: string, path: string, body: Body, conflict: () => Promise<void>): Promise<string | undefined> {
    const answer = await send(kind, 'POST', path, body);
    if (answer.status !== 409) return resourceIn(expectStatus(answer, 200, 201)).id;
    await conflict();
    return undefined;
  }

  async function updateMatched(person: Person, dialect: Dialect): Promise<boolean> {
    const found = await match(client, 'match user', 'Users', person.attributes.userName);
    if (!found) return false;
    links.linked(person.objectId, found.id);
    await patched('update user', `/Users/${found.id}`, matchedBody(dialect, person));
    return true;
  }

  async function createUser(person: Person, dialect: Dialect, nulls?: boolean): Promise<void> {
    const id = await create('create user', '/Users', userBody(person, nulls), async () => {
      if (!(await updateMatched(person, dialect))) throw new Refused('HTTP 409, yet nobody matches');
    });
    if (id) links.linked(person.objectId, id);
  }

  async function provisionUser({ person, nulls }: IntentOf<'provision-user'>, dialect: Dialect): Promise<void> {
    if (await updateMatched(person, dialect)) return;
    balance.users++;
    await createUser(person, dialect, nulls);
  }

  async function updateUser({ person, changes, active }: IntentOf<'update-user'>, dialect: Dialect): Promise<void> {
    const id = await links.knownUser(person);
    expectStatus(await send('read user', 'GET', `/Users/${id}`), 200);
    await patched('update user', `/Users/${id}`, updateBody(dialect, changes, active));
  }

  async function setManager(intent: IntentOf<'set-manager'>, dialect: Dialect): Promise<void> {
    const id = await links.knownUser(intent.person);
    const manager = intent.manager && (await links.knownUser(intent.manager));
    const change = { known: intent.before !== undefined, emptied: intent.emptied === true };
    await patched('update manager', `/Users/${id}`, managerBody(dialect, manager, change));
  }

  /** Somebody who is not there any more is no failure, and neither is 404. */
  async function remove(kind: 'user' | 'group', id: string | undefined): Promise<void> {
    if (id === undefined) return;
    balance[`${kind}s`]--;
    expectStatus(await send(`delete ${kind}`, 'DELETE', `/${kind === 'user' ? 'Users' : 'Groups'}/${id}`), 204, 200, 404);
  }

  async function matchGroup(group: Group): Promise<boolean> {
    const found = await match(client, 'match group', 'Groups', group.displayName);
    if (!found) return false;
    if (Array.isArray(found.members) && found.members.length > 0) throw new Refused('members were returned although excluded');
    links.linked(group.objectId, found.id);
    return true;
  }

  async function createGroup(group: Group): Promise<void> {
    const id = await create('create group', '/Groups', groupBody(group), async () => {
      if (!(await matchGroup(group))) throw new Refused('HTTP 409, yet no group matches');
    });
    if (id) links.linked(group.objectId, id);
  }

  async function provisionGroup({ group }: IntentOf<'provision-group'>): Promise<void> {
    if (await matchGroup(group)) return;
    balance.groups++;
    await createGroup(group);
  }

  async function renameGroup({ group, displayName }: IntentOf<'rename-group'>, dialect: Dialect): Promise<void> {
    const id = await links.knownGroup(group);
    expectStatus(await client.send({ kind: 'read group', method: 'GET', path: `/Groups/${id}`, query: 'excludedAttributes=members' }), 200);
    await patched('update group', `/Groups/${id}`, renameBody(dialect, displayName));
  }

  async function changeMembers(intent: IntentOf<'change-members'>, dialect: Dialect): Promise<void> {
    const path = `/Groups/${await links.knownGroup(intent.group)}`;
    const resolved = async (ids: Promise<string | undefined>[]) => (await Promise.all(ids)).filter((id) => id !== undefined);
    const add = await resolved(intent.add.map((id) => (links.outlives(id) ? links.knownUser(id) : links.user(id))));
    const remove = await resolved(intent.remove.map(links.user));
    if (intent.unknown) {
      const answer = await send('change members', 'PATCH', path, membersBody(dialect, [...intent.unknown, ...add], remove));
      if (!refusesStranger(answer.status)) return void expectStatus(answer, 200, 204);
    }
    if (add.length + remove.length > 0) await patched('change members', path, membersBody(dialect, add, remove));
  }

  /** A query with the reference in its filter, as older versions of Entra's documentation describe. */
  async function check(resource: 'Users' | 'Groups', id: string, attribute: string, reference: string): Promise<void> {
    const parameters = { filter: equals({ id, [attribute]: reference }), attributes: 'id' };
    const answer = await client.send({ kind: 'check reference', method: 'GET', path: `/${resource}`, query: queryOf(parameters) });
    const { total } = listIn(expectStatus(answer, 200));
    if (total !== 1) throw new Refused(`${total} matches of a reference that was written`);
  }

  async function probe({ resource, attribute, guid }: IntentOf<'probe'>): Promise<void> {
    const found = await query(client, 'probe', resource, attribute, guid);
    if (found.length > 0) throw new Refused('a query for a random GUID found something');
  }

  async function perform(intent: Intent): Promise<void> {
    const dialect = intent.dialect ?? usual;
    switch (intent.kind) {
      case 'probe':
        return probe(intent);
      case 'provision-user':
        return provisionUser(intent, dialect);
      case 'create-user-again':
        return createUser(intent.person, dialect);
      case 'update-user':
        return updateUser(intent, dialect);
      case 'set-manager':
        return setManager(intent, dialect);
      case 'delete-user':
        return remove('user', await links.user(intent.person));
      case 'provision-group':
        return provisionGroup(intent);
      case 'create-group-again':
        return createGroup(intent.group);
      case 'rename-group':
        return renameGroup(intent, dialect);
      case 'delete-group':
        return remove('group', await links.group(intent.group));
      case 'change-members':
        return changeMembers(intent, dialect);
      case 'check-manager':
        return check('Users', await links.knownUser(intent.person), 'manager', await links.knownUser(intent.manager));
      case 'check-member':
        return check('Groups', await links.knownGroup(intent.group), 'members', await links.knownUser(intent.person));
    }
  }

  /** What the cycle deletes may be gone before, when an earlier run of it was broken off. */
  async function carryOut(intent: Intent): Promise<void> {
    await perform(intent).catch((error: unknown) => {
      if (!(error instanceof NotThere) || links.outlives(objectIdOf(intent))) throw error;
    });
  }

  return { carryOut, balance };
}

function objectIdOf(intent: Intent): string {
  const about = 'group' in intent ? intent.group : 'person' in intent ? intent.person : '';
  return typeof about === 'string' ? about : about.objectId;
}

/** Whom or what an intent is about, for a failure's line. */
export function subjectOf(intent: Intent): string {
  if ('person' in intent) return typeof intent.person === 'string' ? intent.person : intent.person.attributes.userName;
  if ('group' in intent) return typeof intent.group === 'string' ? intent.group : intent.group.displayName;
  return `${intent.resource} ${intent.attribute}`;
}
