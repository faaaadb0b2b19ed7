import type { Json, JsonObject } from './attribute-value.ts';
import type { ResourceType } from './attributes.ts';
import { edit } from './edit.ts';
import { givenMembers, type Member, membersOf } from './member.ts';
import { isObject } from './own.ts';
import { invalidSyntax, invalidValue, payloadTooLarge } from './scim-error.ts';

export type { Json };
/** A resource's attributes by their canonical names; an extension's under its URN. Without id, meta and what is kept elsewhere. */
export type Resource = JsonObject;

export interface ReadResource {
  resource: Resource;
  /** A group's members: they live in an index and not in the document. */
  members: Member[];
  /** Names of what was sent and is not stored: passed over, so that one odd mapping does not stop everyone's provisioning. */
  ignored: string[];
  /** False: the body does not say whether a user is active. A PUT then keeps what is. */
  saysActive: boolean;
}

/** The body of POST and PUT. `active` is true unless it says otherwise. Throws 400 invalidSyntax or invalidValue. */
export function readResource(type: ResourceType, body: unknown): ReadResource {
  if (!isObject(body)) throw invalidSyntax('The body must be a JSON object that describes the resource.');
  const { resource, ignored } = edit(type, {}, (draft) => draft.merge(body, 'replace'));
  const saysActive = resource.active !== undefined;
  if (type.name === 'User' && !saysActive) resource.active = true;
  const members = type.name === 'Group' ? membersOf(givenMembers(body)?.value) : [];
  return { resource: finished(type, resource), members, ignored, saysActive };
}

/**
 * A resource as it may be stored: with userName or displayName, and with the `schemas` of its attributes and of the extensions that have
 * values (RFC 7643, 3). Throws 400 invalidValue.
 */
export function finished(type: ResourceType, { schemas: before, ...attributes }: Resource): Resource {
  for (const { name, required } of type.schema.attributes)
    if (required && !String(attributes[name] ?? '').trim()) throw invalidValue(`${name} is required.`);
  const schemas = [type.schema.id, ...Object.keys(attributes).filter((name) => name.includes(':'))];
  return { schemas: isList(before, schemas) ? before : schemas, ...attributes };
}

const isList = (value: Json | undefined, list: readonly string[]): value is string[] =>
  Array.isArray(value) && value.length === list.length && list.every((element, n) => element === value[n]);

/** In characters of JSON. Events carry the whole resource, and Kafka takes a message of up to 1 MiB. */
const largest = 256 * 1024;

/** Throws 413 for the JSON of a resource that is too large to be stored. */
export function assertSize(json: string): void {
  if (json.length > largest) throw payloadTooLarge('A resource has at most 256 KiB; send fewer or shorter attributes.');
}
