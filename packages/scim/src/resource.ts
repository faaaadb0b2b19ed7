import type { Json, JsonObject } from './attribute-value.ts';
import type { ResourceType } from './attributes.ts';
import { edit, withSchemas } from './edit.ts';
import { givenMembers, type Member, membersOf } from './member.ts';
import { isObject } from './own.ts';
import { invalidSyntax, invalidValue } from './scim-error.ts';

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
  assertRequired(type, resource);
  const saysActive = resource.active !== undefined;
  if (type.name === 'User' && !saysActive) resource.active = true;
  const members = type.name === 'Group' ? membersOf(givenMembers(body)?.value) : [];
  return { resource: withSchemas(type, resource), members, ignored, saysActive };
}

/** userName of a user, displayName of a group. */
export function assertRequired(type: ResourceType, resource: Resource): void {
  for (const attribute of type.schema.attributes)
    if (attribute.required && !String(resource[attribute.name] ?? '').trim()) throw invalidValue(`${attribute.name} is required.`);
}
