import type { Kind } from '@claras/directory/kinds';
import type { Origin, Precondition, Read } from '@claras/directory/resources';
import type { ResourceType, ResourceTypes } from '@claras/scim/attributes';
import type { Filter } from '@claras/scim/filter';
import type { Json } from '@claras/scim/resource';
import type { Caller } from './refused-writes.ts';
import type { TenantUrl } from './render.ts';

/** Whose directory a key opens, and how it is spoken to there. */
export interface Admitted extends Caller {
  /** With the extensions of the tenant. */
  types: ResourceTypes;
  /** For the tenant's provider, replacing a group's members adds to them. */
  additiveMembers: boolean;
}

/** One request's circumstances. */
export interface Asked extends Admitted {
  url: TenantUrl;
}
export interface AskedToWrite extends Asked {
  check?: Precondition;
  origin: Origin;
}

/** What a write leaves, and what it passed over: attributes that no schema knows, members that are no users. */
export interface Written {
  read: Read;
  ignored: string[];
  /** What is kept elsewhere of it, where that need not be asked: who was made just now stands in no group. */
  kept?: Record<string, Json>;
}

/** What the verbs need of a resource type: users and groups each have one. */
export interface ScimResources {
  name: ResourceType['name'];
  endpoint: ResourceType['endpoint'];
  kind: Kind;
  read(tenant: string, id: string): Promise<Read | undefined>;
  /** What is kept elsewhere than in its document (groups, members), as far as `wanted` or the filter asks for it. */
  keptElsewhere(read: Read, asked: Asked, wanted: (attribute: string) => boolean, filter?: Filter): Promise<Record<string, Json>>;
  /** `id`: one that was given to it before (bulk). */
  create(body: unknown, asked: AskedToWrite & { id?: string }): Promise<Written>;
  replace(id: string, body: unknown, asked: AskedToWrite): Promise<Written>;
  patch(id: string, body: unknown, asked: AskedToWrite): Promise<Written>;
  remove(id: string, asked: AskedToWrite): Promise<void>;
}
