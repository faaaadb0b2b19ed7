import { isDeepStrictEqual } from 'node:util';
import type { DirectoryEvent } from '@claras/contracts/events';

/** A directory event as the provisioning log shows it: what was asked, and what was before. */
export interface LogEntry {
  sequence: number;
  /** ISO 8601, UTC: when it was acknowledged. */
  time: string;
  type: DirectoryEvent['type'];
  /** `Users/<id>`, `Groups/<id>`, `Providers/<id>`. */
  subject: string;
  /** userName or displayName, as it is after the event. */
  name?: string;
  /** Method and path: `PATCH /Users/<id>`. */
  request?: string;
  traceparent?: string;
  /** SCIM users that it is about. */
  users: readonly string[];
  changes: readonly AttributeChange[];
}

export interface AttributeChange {
  attribute: string;
  old?: unknown;
  new?: unknown;
}

/** What the log remembers of a user or group, to say what changed. */
export type Snapshot = Record<string, unknown> | undefined;

/** The snapshot that an event changes: its subject; undefined where it has none. */
export const remembered = ({ type, subject }: DirectoryEvent): string | undefined =>
  type === 'provisioning.changed' || type.startsWith('group.members') ? undefined : subject;

/** The entry of an event, and what to remember behind it (undefined: nothing any more). */
export function entryOf(event: DirectoryEvent, before: Snapshot): { entry: LogEntry; after: Snapshot } {
  const { sequence, time, type, subject, request, traceparent } = event;
  const after = snapshotOf(event) ?? (event.type.endsWith('.deleted') ? undefined : before);
  const name = nameOf(after ?? before);
  const entry: LogEntry = {
    ...{ sequence, time, type, subject },
    ...(name === undefined ? {} : { name }),
    ...(request === undefined ? {} : { request }),
    ...(traceparent === undefined ? {} : { traceparent }),
    users: usersOf(event),
    changes: changesOf(event, before, after),
  };
  return { entry, after };
}

function snapshotOf(event: DirectoryEvent): Snapshot {
  if (event.type === 'user.created' || event.type === 'user.updated') return event.data.user;
  return event.type === 'group.created' || event.type === 'group.updated' ? event.data.group : undefined;
}

function nameOf(snapshot: Snapshot): string | undefined {
  const name = snapshot?.userName ?? snapshot?.displayName;
  return typeof name === 'string' ? name : undefined;
}

function usersOf(event: DirectoryEvent): string[] {
  if (event.type === 'group.members.changed') return [...event.data.added, ...event.data.removed];
  const [kind, id] = event.subject.split('/');
  return kind === 'Users' && id ? [id] : [];
}

/** Not worth a line: they say nothing about a person. */
const unshown = new Set(['id', 'schemas']);

function changesOf(event: DirectoryEvent, before: Snapshot, after: Snapshot): AttributeChange[] {
  if (event.type === 'group.members.changed') {
    const { added, removed } = event.data;
    return [{ attribute: 'members', ...(removed.length > 0 ? { old: removed } : {}), ...(added.length > 0 ? { new: added } : {}) }];
  }
  if (event.type === 'provisioning.changed') return [{ attribute: 'provisioning', new: event.data.provisioning }];
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names].flatMap((attribute) => {
    const [old, now] = [before?.[attribute], after?.[attribute]];
    if (unshown.has(attribute) || isDeepStrictEqual(old, now)) return [];
    return [{ attribute, ...(old === undefined ? {} : { old }), ...(now === undefined ? {} : { new: now }) }];
  });
}
