import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from './attribute-value.ts';
import type { Attribute, ResourceType } from './attributes.ts';
import { containerIn, isObject, spelledIn } from './own.ts';
import type { Resource } from './resource.ts';
import { mutability } from './scim-error.ts';

/**
 * The resource after a change, unless the change gives an immutable attribute another value (RFC 7643, 7). `keeping`: what is not there any
 * more was only left out, as a PUT may, and stays. Throws 400 mutability.
 */
export function settled(type: ResourceType, before: Resource, after: Resource, { keeping = false } = {}): Resource {
  let resource = after;
  for (const { id, attributes, setsOnce } of type.extensions) {
    if (!setsOnce) continue;
    const [was, is] = [containerIn(before, id), containerIn(after, id)];
    if (!isObject(was)) continue;
    const container = settledParts(attributes, was as JsonObject, isObject(is) ? (is as JsonObject) : {}, keeping);
    if (Object.keys(container).length > 0) resource = { ...resource, [spelledIn(after, id)]: container };
  }
  return resource;
}

function settledParts(attributes: readonly Attribute[], was: JsonObject, is: JsonObject, keeping: boolean): JsonObject {
  const parts = { ...is };
  for (const { name, mutability: kind, multiValued, subAttributes } of attributes) {
    const before = was[name];
    if (before === undefined) continue;
    if (kind === 'immutable') {
      if (parts[name] === undefined && keeping) parts[name] = before as Json;
      if (!isDeepStrictEqual(parts[name], before)) throw mutability(`${name} is immutable: it was given a value, and keeps it.`);
    } else if (!multiValued && isObject(before)) {
      const now = isObject(parts[name]) ? (parts[name] as JsonObject) : {};
      const inside = settledParts(subAttributes, before as JsonObject, now, keeping);
      if (Object.keys(inside).length > 0) parts[name] = inside;
    }
  }
  return parts;
}
