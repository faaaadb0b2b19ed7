import { isDeepStrictEqual } from 'node:util';
import type { OutgoingEvent } from '@claras/contracts/cloud-event';
import { JsonText } from '@claras/contracts/json-text';
import type { Change, Entry } from '@claras/ports/store/store';
import { assertSize, type Resource } from '@claras/scim/resource';
import { notFound, uniqueness } from '@claras/scim/scim-error';
import type { Kind } from './kinds.ts';
import { tenantScope } from './scopes.ts';
import type { Durable } from './transact.ts';

const head = '{"created":';
const middle = ',"resource":';

/**
 * A resource as it was read, or as it shall be. Times in milliseconds since 1970. Its JSON stands in the store's document, in the event and
 * in the answer: it is written once, and what is only passed on is never parsed.
 */
export class Read {
  readonly id: string;
  readonly created: number;
  readonly modified: number;
  readonly version: number;
  #resource: Resource | undefined;
  #json: string | undefined;

  private constructor(of: { id: string; created: number; modified: number; version: number }, resource?: Resource, json?: string) {
    this.id = of.id;
    this.created = of.created;
    this.modified = of.modified;
    this.version = of.version;
    this.#resource = resource;
    this.#json = json;
  }

  static new(id: string, time: number, resource: Resource): Read {
    return new Read({ id, created: time, modified: time, version: 0 }, resource);
  }

  /** From its document: `{"created":1700000000000,"resource":{…}}`. The entry says its version and when it was modified. */
  static stored(id: string, { json, version, time }: Entry): Read {
    const place = json.indexOf(middle);
    const created = Number(json.slice(head.length, place));
    return new Read({ id, created, modified: time, version }, undefined, json.slice(place + middle.length, -1));
  }

  get resource(): Resource {
    this.#resource ??= JSON.parse(this.#json as string) as Resource;
    return this.#resource;
  }
  /** The resource as JSON. */
  get json(): string {
    this.#json ??= JSON.stringify(this.#resource);
    return this.#json;
  }
  get document(): JsonText {
    return new JsonText(`${head}${this.created}${middle}${this.json}}`);
  }

  changed(time: number, resource: Resource): Read {
    return new Read({ ...this, modified: time }, resource);
  }
  /** As the commit that wrote it says. */
  at(version: number): Read {
    return new Read({ ...this, version }, this.#resource, this.#json);
  }
}

/** Who asked, for the trail that an event leaves. */
export interface Origin {
  traceparent?: string;
  /** Method and path. */
  request?: string;
}

/** Throws where the caller's condition (If-Match) does not hold for this version. */
export type Precondition = (version: number) => void;

/** A change while it is put together. */
export interface Described extends Omit<Change, 'id' | 'time' | 'expect' | 'put' | 'index'> {
  expect: Map<string, number>;
  put: Map<string, unknown>;
  index: Map<string, { add?: string[]; remove?: string[] }>;
}

export async function readResource({ store }: Durable, kind: Kind, tenant: string, id: string): Promise<Read | undefined> {
  const [entry] = await store.read(tenantScope(tenant), [kind.document(id)]);
  return entry && Read.stored(id, entry);
}

export async function readResources({ store }: Durable, kind: Kind, tenant: string, ids: readonly string[]): Promise<Read[]> {
  const entries = await store.read(tenantScope(tenant), ids.map(kind.document));
  return entries.flatMap((entry, n) => (entry ? Read.stored(ids[n] as string, entry) : []));
}

export const missing = (kind: Kind) =>
  notFound(`There is no ${kind.name} with this id in this tenant. Ids are those that this service returned.`);

/** What writing `after` over `before` changes in documents and indexes. Throws 413 for a resource that is too large. */
export function describeWrite(kind: Kind, before: Read | undefined, after: Read): Described {
  assertSize(after.json);
  const document = kind.document(after.id);
  const change: Described = {
    expect: new Map([[document, before?.version ?? 0]]),
    put: new Map([[document, after.document]]),
    remove: [],
    index: new Map(),
  };
  if (before && kind.lookedUp.every((name) => before.resource[name] === after.resource[name])) return change;

  const oldKey = before && kind.uniqueKey(String(before.resource[kind.unique]));
  const newKey = kind.uniqueKey(String(after.resource[kind.unique]));
  if (oldKey !== newKey) {
    change.expect.set(newKey, 0);
    change.put.set(newKey, after.id);
    if (oldKey) change.remove = [oldKey];
  }
  const was = before ? kind.lookups(before.resource) : [];
  const is = kind.lookups(after.resource);
  for (const name of was) if (!is.includes(name)) change.index.set(name, { remove: [after.id] });
  for (const name of is) if (!was.includes(name)) change.index.set(name, { add: [after.id] });
  if (!before) change.index.set(kind.all, { add: [after.id] });
  return change;
}

/** What a write says when its commit met another one at a key. Throws 409 uniqueness where that is the key of the unique value. */
export const refuseTaken =
  (kind: Kind, { resource }: Read) =>
  (conflict: string): void => {
    if (conflict === kind.uniqueKey(String(resource[kind.unique])))
      throw uniqueness(`Another ${kind.name} has this ${kind.unique}; find it by a filter on ${kind.unique} and change it by its id.`);
  };

export const describeRemoval = (kind: Kind, gone: Read): Described => ({
  expect: new Map([[kind.document(gone.id), gone.version]]),
  put: new Map(),
  remove: [kind.document(gone.id), kind.uniqueKey(String(gone.resource[kind.unique]))],
  index: new Map([kind.all, ...kind.lookups(gone.resource)].map((name) => [name, { remove: [gone.id] }])),
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

/**
 * The data of an event about a resource, `{"user":{…},"changed":[…]}`: SCIM attributes with the id, nothing that differs from reader to
 * reader.
 */
export function snapshotData({ name }: Kind, { id, json }: Read, changed?: readonly string[]): JsonText {
  const among = json === '{}' ? '' : ',';
  const also = changed ? `,"changed":${JSON.stringify(changed)}` : '';
  return new JsonText(`{"${name}":${json.slice(0, -1)}${among}"id":${JSON.stringify(id)}}${also}}`);
}

/** Top-level attributes whose value differs. */
export function changedAttributes(before: Resource, after: Resource): string[] {
  const differs = (name: string): boolean => before[name] !== after[name] && !isDeepStrictEqual(before[name], after[name]);
  const added = Object.keys(after).filter((name) => !Object.hasOwn(before, name));
  return [...Object.keys(before).filter(differs), ...added];
}
