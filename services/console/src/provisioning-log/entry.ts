import { isDeepStrictEqual } from 'node:util';
import type { DirectoryEvent, OutcomeEvent } from '@claras/contracts/events';

/** A directory event, or a request that was refused or taken in part, as the provisioning log shows it: what was asked, and what was before. */
export interface LogEntry {
  /** Of the directory's event; of what the edge tells: of the last one before it. */
  sequence: number;
  /** ISO 8601, UTC: when it was acknowledged. */
  time: string;
  type: DirectoryEvent['type'] | EdgeEvent['type'];
  /** `Users/<id>`, `Groups/<id>`, `Providers/<id>`, `Snapshots/<id>`; `Users`, `Groups` and `Requests` of refused ones. */
  subject: string;
  /** userName or displayName, as it is after the event. */
  name?: string;
  /** Method and path: `PATCH /Users/<id>`. */
  request?: string;
  traceparent?: string;
  /** SCIM users that it is about. */
  users: readonly string[];
  changes: readonly AttributeChange[];
  refused?: Omit<RefusedEvent['data'], 'after'>;
  ignored?: Omit<IgnoredEvent['data'], 'after'>;
}

export type RefusedEvent = Extract<OutcomeEvent, { type: 'request.refused' }>;
type IgnoredEvent = Extract<OutcomeEvent, { type: 'request.ignored' }>;
/** What the edge tells of requests. */
export type EdgeEvent = RefusedEvent | IgnoredEvent;

export interface AttributeChange {
  attribute: string;
  old?: unknown;
  new?: unknown;
}

/** What the log remembers of a user or group, to say what changed. */
export type Snapshot = Record<string, unknown> | undefined;

/** What to remember behind an event, by subject (undefined: nothing any more). */
export function remembered(event: DirectoryEvent): [subject: string, after: Snapshot][] {
  const { type, subject, data } = event;
  if (type === 'user.deleted' || type === 'group.deleted') return [[subject, undefined]];
  if (type === 'snapshot.users') return data.users.map((user) => [`Users/${user.id}`, user]);
  if (type === 'snapshot.groups') return data.groups.map((group) => [`Groups/${group.id}`, group]);
  const after = snapshotOf(event);
  return after ? [[subject, after]] : [];
}

/** The entry of an event, from what was remembered of its subject. */
export function entryOf(event: DirectoryEvent, before: Snapshot): LogEntry {
  const { sequence, time, type, subject, request, traceparent } = event;
  const after = snapshotOf(event);
  const name = nameOf(after ?? before);
  return {
    ...{ sequence, time, type, subject },
    ...(name === undefined ? {} : { name }),
    ...(request === undefined ? {} : { request }),
    ...(traceparent === undefined ? {} : { traceparent }),
    users: usersOf(event),
    changes: changesOf(event, before, after),
  };
}

/** The entry of what the edge tells. `known`: what the log remembers of its subject. */
export function edgeEntry(event: EdgeEvent, known: Snapshot): LogEntry {
  const { type, subject, time, request, traceparent } = event;
  const { after: sequence, ...said } = event.data;
  const name = nameOf(known);
  return {
    ...{ sequence, time, type, subject },
    ...('status' in said ? { refused: said } : { ignored: said }),
    ...(name === undefined ? {} : { name }),
    ...(request === undefined ? {} : { request }),
    ...(traceparent === undefined ? {} : { traceparent }),
    users: userOf(subject),
    changes: [],
  };
}

function snapshotOf(event: DirectoryEvent): Snapshot {
  if (event.type === 'user.created' || event.type === 'user.updated') return event.data.user;
  return event.type === 'group.created' || event.type === 'group.updated' ? event.data.group : undefined;
}

export function nameOf(snapshot: Snapshot): string | undefined {
  const name = snapshot?.userName ?? snapshot?.displayName;
  return typeof name === 'string' ? name : undefined;
}

function usersOf(event: DirectoryEvent): string[] {
  if (event.type === 'group.members.changed') return [...event.data.added, ...event.data.removed];
  if (event.type === 'snapshot.users') return event.data.users.map(({ id }) => id);
  if (event.type === 'snapshot.members') return event.data.members;
  return userOf(event.subject);
}

function userOf(subject: string): string[] {
  const [kind, id] = subject.split('/');
  return kind === 'Users' && id ? [id] : [];
}

/** Why a snapshot was made, and how much it said; its parts are no change. */
function snapshotChanges(event: DirectoryEvent): AttributeChange[] {
  if (event.type === 'snapshot.started') return [{ attribute: 'reason', new: event.data.reason }];
  if (event.type !== 'snapshot.finished') return [];
  return [
    { attribute: 'users', new: event.data.users },
    { attribute: 'groups', new: event.data.groups },
  ];
}

/** Not worth a line: they say nothing about a person. */
const unshown = new Set(['id', 'schemas']);

function changesOf(event: DirectoryEvent, before: Snapshot, after: Snapshot): AttributeChange[] {
  if (event.type === 'group.members.changed') {
    const { added, removed } = event.data;
    return [{ attribute: 'members', ...(removed.length > 0 ? { old: removed } : {}), ...(added.length > 0 ? { new: added } : {}) }];
  }
  if (event.type === 'group.members.cleared') return [];
  if (event.type === 'provisioning.changed') return [{ attribute: 'provisioning', new: event.data.provisioning }];
  if (event.type.startsWith('snapshot.')) return snapshotChanges(event);
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names].flatMap((attribute) => {
    const [old, now] = [before?.[attribute], after?.[attribute]];
    if (unshown.has(attribute) || isDeepStrictEqual(old, now)) return [];
    return [{ attribute, ...(old === undefined ? {} : { old }), ...(now === undefined ? {} : { new: now }) }];
  });
}
