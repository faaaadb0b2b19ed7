import { isDeepStrictEqual } from 'node:util';
import type { OutgoingEvent } from '@claras/contracts/cloud-event';
import type { Change } from '@claras/ports/store/store';
import type { Resource } from '@claras/scim/resource';
import { notFound, uniqueness } from '@claras/scim/scim-error';
import type { Kind } from './kinds.ts';
import { tenantScope } from './scopes.ts';
import type { Durable } from './transact.ts';

/** A resource's document in the store. Its version and last modification are those of the entry. */
export interface Stored {
  created: number;
  resource: Resource;
}

/** A resource as it was read: what the edge needs to serve it. Times in milliseconds since 1970. */
export interface Read extends Stored {
  id: string;
  version: number;
  modified: number;
}

/** Who asked, for the trail that an event leaves. */
export interface Origin {
  traceparent?: string;
  /** Method and path. */
  request?: string;
}

/** Throws where the caller's condition (If-Match) does not hold for this version. */
export type Precondition = (version: number) => void;

type Unnumbered = Omit<Change, 'id' | 'time'>;

export async function readResource({ store }: Durable, kind: Kind, tenant: string, id: string): Promise<Read | undefined> {
  const [entry] = await store.read<Stored>(tenantScope(tenant), [kind.document(id)]);
  return entry && { ...entry.value, id, version: entry.version, modified: entry.time };
}

export async function readResources({ store }: Durable, kind: Kind, tenant: string, ids: readonly string[]): Promise<Read[]> {
  const entries = await store.read<Stored>(tenantScope(tenant), ids.map(kind.document));
  return entries.flatMap((entry, n) =>
    entry ? [{ ...entry.value, id: ids[n] as string, version: entry.version, modified: entry.time }] : [],
  );
}

export const missing = (kind: Kind) =>
  notFound(`There is no ${kind.name} with this id in this tenant. Ids are those that this service returned.`);

/** What writing `after` over `before` changes in documents and indexes. Throws 409 uniqueness when another one has the unique value. */
export async function describeWrite(
  durable: Durable,
  kind: Kind,
  tenant: string,
  before: Read | undefined,
  after: Read,
): Promise<Unnumbered> {
  const oldKey = before && kind.uniqueKey(String(before.resource[kind.unique]));
  const newKey = kind.uniqueKey(String(after.resource[kind.unique]));
  const renamed = oldKey !== newKey;
  if (renamed) {
    const [taken] = await durable.store.read<string>(tenantScope(tenant), [newKey]);
    if (taken)
      throw uniqueness(`Another ${kind.name} has this ${kind.unique}; find it by a filter on ${kind.unique} and change it by its id.`);
  }
  const was = new Set(before ? kind.lookups(before.resource) : []);
  const is = new Set(kind.lookups(after.resource));
  const index: NonNullable<Change['index']> = {};
  for (const name of was) if (!is.has(name)) index[name] = { remove: [after.id] };
  for (const name of is) if (!was.has(name)) index[name] = { add: [after.id] };
  if (!before) index[kind.all] = { add: [after.id] };
  const stored: Stored = { created: after.created, resource: after.resource };
  return {
    expect: { [kind.document(after.id)]: before?.version ?? 0, ...(renamed ? { [newKey]: 0 } : {}) },
    put: { [kind.document(after.id)]: stored, ...(renamed ? { [newKey]: after.id } : {}) },
    remove: renamed && oldKey ? [oldKey] : [],
    index,
  };
}

export const describeRemoval = (kind: Kind, gone: Read): Unnumbered => ({
  expect: { [kind.document(gone.id)]: gone.version },
  remove: [kind.document(gone.id), kind.uniqueKey(String(gone.resource[kind.unique]))],
  index: Object.fromEntries([kind.all, ...kind.lookups(gone.resource)].map((name) => [name, { remove: [gone.id] }])),
});

/** An event about one resource. The data is what `contracts/events` says for the type. */
export const eventAbout = (kind: Kind, id: string, time: number, origin: Origin, type: string, data: unknown): OutgoingEvent => ({
  type: `${kind.name}.${type}`,
  subject: `${kind.endpoint}/${id}`,
  time: new Date(time).toISOString(),
  ...(origin.traceparent ? { traceparent: origin.traceparent } : {}),
  ...(origin.request ? { request: origin.request } : {}),
  data,
});

/** The document as events carry it: SCIM attributes with the id, nothing that differs from reader to reader. */
export const snapshot = ({ id, resource }: Read): Resource => ({ ...resource, id });

/** Top-level attributes whose value differs. */
export const changedAttributes = (before: Resource, after: Resource): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !isDeepStrictEqual(before[name], after[name]));
