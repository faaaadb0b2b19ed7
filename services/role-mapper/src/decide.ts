import type { RoleChange } from '@claras/contracts/core-app';
import type { DirectoryEvent } from '@claras/contracts/events';
import type { Role } from '@claras/domain/role';
import { newlyMatched, type RoleMapping, roleByMapping } from '@claras/domain/role-mapping';

/** A user that stands in groups. `role`: the last matched one; absent while none matches, so that matching again is sent again. */
export interface Member {
  groups: readonly string[];
  role?: Role;
  /** An event said something about its groups while they were restated: the role that follows is news. */
  news?: true;
}

/** As much of a tenant as the events at hand need. */
export interface Projection {
  mapping: RoleMapping;
  /** By user id. Only users that stand in a group, and, while a snapshot restates them, those that did. */
  members: ReadonlyMap<string, Member>;
  /** Group id → displayName. */
  groups: ReadonlyMap<string, string>;
  /** Between the start of a snapshot and its end: what is known of groups is not whole, and gives no roles. */
  restating: boolean;
}

export interface Decision {
  after: Projection;
  changes: RoleChange[];
}

type Draft = { mapping: RoleMapping; members: Map<string, Member>; groups: Map<string, string>; restating: boolean };
type EventOf<T extends DirectoryEvent['type']> = Extract<DirectoryEvent, { type: T }>;

/** Events about as many users as a group, or the tenant, has. */
export type WideEvent = EventOf<
  'provisioning.changed' | 'snapshot.started' | 'snapshot.finished' | 'group.updated' | 'group.deleted' | 'group.members.cleared'
>;

export const isWide = (event: DirectoryEvent): event is WideEvent =>
  isAboutAll(event) ||
  event.type === 'group.deleted' ||
  event.type === 'group.members.cleared' ||
  (event.type === 'group.updated' && event.data.changed.includes('displayName'));

const isAboutAll = (event: DirectoryEvent): event is EventOf<'provisioning.changed' | 'snapshot.started' | 'snapshot.finished'> =>
  event.type === 'provisioning.changed' || event.type === 'snapshot.started' || event.type === 'snapshot.finished';

/** The group that a wide event is about; undefined: the whole tenant. */
export function groupOf(event: WideEvent): string | undefined {
  if (isAboutAll(event)) return undefined;
  if (event.type === 'group.updated') return event.data.group.id;
  return event.type === 'group.deleted' ? event.data.id : event.data.group;
}

/** Users that an event which is not wide may give another role. */
export function affectedUsers(event: DirectoryEvent): readonly string[] {
  if (event.type === 'user.deleted') return [event.data.id];
  if (event.type === 'snapshot.members') return event.data.members;
  return event.type === 'group.members.changed' ? [...event.data.added, ...event.data.removed] : [];
}

/** Folds events that are not wide, one by one: a batch gives exactly what its events give singly. */
export function decide(before: Projection, events: readonly DirectoryEvent[]): Decision {
  const after = draft(before);
  const changes: RoleChange[] = [];
  for (const event of events) {
    if (event.type === 'user.deleted') after.members.delete(event.data.id);
    else if (event.type === 'group.created') after.groups.set(event.data.group.id, event.data.group.displayName);
    else if (event.type === 'snapshot.groups') for (const { id, displayName } of event.data.groups) after.groups.set(id, displayName);
    else if (event.type === 'snapshot.members')
      for (const user of event.data.members) stand(after, user, { groups: and(groupsOf(after, user), event.data.group) });
    else if (event.type === 'group.members.changed') {
      const { group, added, removed } = event.data;
      for (const user of added) changes.push(...place(after, user, and(groupsOf(after, user), group), event.sequence));
      for (const user of removed) changes.push(...place(after, user, without(groupsOf(after, user), group), event.sequence));
    }
  }
  return { after, changes };
}

/** What a wide event means for some of the users that it is about. Any division into pages gives the same, page by page. */
export function decidePage(before: Projection, event: WideEvent, users: readonly string[]): Decision {
  const after = draft(before);
  if (event.type === 'snapshot.started') return { after: forgetting(after, event, users), changes: [] };
  if (event.type === 'snapshot.finished') return restated(after, event, users);
  if (event.type === 'provisioning.changed') after.mapping = event.data.provisioning?.mapping ?? {};
  if (event.type === 'group.updated') after.groups.set(event.data.group.id, event.data.group.displayName);
  const emptied = event.type === 'group.deleted' || event.type === 'group.members.cleared' ? groupOf(event) : undefined;
  const changes = users.flatMap((user) => {
    const groups = groupsOf(after, user);
    return place(after, user, emptied === undefined ? groups : without(groups, emptied), event.sequence);
  });
  return { after, changes };
}

/** Groups and members are said anew; the last matched role stays known, so that it is seen where it is another one now. */
function forgetting(after: Draft, { data }: EventOf<'snapshot.started'>, users: readonly string[]): Draft {
  for (const user of users) stand(after, user, { groups: [] });
  return { ...after, mapping: data.provisioning?.mapping ?? {}, restating: true };
}

/** Everyone's role is said once more. Where it is no news, a role that was set by hand stands. */
function restated(after: Draft, { sequence }: EventOf<'snapshot.finished'>, users: readonly string[]): Decision {
  after.restating = false;
  const changes = users.flatMap((user) => {
    const { role: last, news, groups } = after.members.get(user) ?? { groups: [] };
    after.members.set(user, { groups });
    const said = place(after, user, groups, sequence);
    return said.map(
      (change): RoleChange => (!news && (last === undefined || last === change.role) ? { ...change, restated: true } : change),
    );
  });
  return { after, changes };
}

/** What is known of a user, with what is new about it. */
function stand(draft: Draft, user: string, is: Pick<Member, 'groups' | 'news'>): void {
  draft.members.set(user, { ...draft.members.get(user), ...is });
}

/**
 * Puts a user into exactly these groups. The change, where the rules give a role that is not the last matched one. "If existing users don't
 * match a group, we won't change their role" (M9); "this automation will not downgrade the role of someone who is an Owner" (M10).
 */
function place(draft: Draft, user: string, groups: readonly string[], sequence: number): RoleChange[] {
  if (draft.restating) {
    stand(draft, user, { groups, news: true });
    return [];
  }
  const role = roleByMapping(
    draft.mapping,
    groups.flatMap((group) => draft.groups.get(group) ?? []),
  );
  const wanted = newlyMatched(role, draft.members.get(user)?.role);
  if (groups.length === 0) draft.members.delete(user);
  else draft.members.set(user, role === undefined ? { groups } : { groups, role });
  if (wanted === undefined) return [];
  return [{ facet: 'role', user, sequence, role: wanted, ...(wanted === 'owner' ? {} : { unlessCurrentRole: 'owner' }) }];
}

const draft = ({ members, groups, ...projection }: Projection): Draft => ({
  ...projection,
  members: new Map(members),
  groups: new Map(groups),
});
const groupsOf = (draft: Draft, user: string): readonly string[] => draft.members.get(user)?.groups ?? [];
const and = (groups: readonly string[], group: string) => (groups.includes(group) ? groups : [...groups, group]);
const without = (groups: readonly string[], group: string) => groups.filter((other) => other !== group);
