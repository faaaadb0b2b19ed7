import { type AttributePath, resolvePath } from './attribute-path.ts';
import type { Json, JsonObject } from './attribute-value.ts';
import { attributeOf, extensionOf, type ResourceType } from './attributes.ts';
import { isObject } from './own.ts';
import { invalidValue } from './scim-error.ts';

/** `attributes` and `excludedAttributes` (RFC 7644, 3.4.2.5), as lower-case names as they came. */
export interface Projection {
  only?: readonly string[];
  without?: readonly string[];
}

const mostNames = 100;

export function readProjection(query: Record<string, unknown>): Projection {
  let only: readonly string[] | undefined;
  let without: readonly string[] | undefined;
  for (const name of Object.keys(query)) {
    const lower = name.toLowerCase();
    if (lower === 'attributes') only = names(query[name]);
    else if (lower === 'excludedattributes') without = names(query[name]);
  }
  return { ...(only && only.length > 0 ? { only } : {}), ...(without && without.length > 0 ? { without } : {}) };
}

function names(value: unknown): string[] {
  const found = (Array.isArray(value) ? value : [value]).flatMap((one) => (typeof one === 'string' ? one.split(',') : []));
  if (found.length > mostNames) throw invalidValue(`At most ${mostNames} attributes may be named.`);
  return found.map((name) => name.trim()).filter((name) => name !== '');
}

/** Whether a top-level attribute will be served at all, so that the caller need not read what will not. */
export function wantsAttribute({ only, without }: Projection, attribute: string): boolean {
  const named = (list: readonly string[], whole: boolean) =>
    list.some((name) => {
      const last = name.slice(name.lastIndexOf(':') + 1).toLowerCase();
      return last === attribute || (!whole && last.startsWith(`${attribute}.`));
    });
  return (!only || named(only, false)) && !(without && named(without, true));
}

/** The resource with the attributes that were asked for; those that are returned always stay. The same object where nothing was asked. */
export function project(type: ResourceType, resource: JsonObject, { only, without }: Projection): JsonObject {
  if (only) return picked(type, resource, only);
  return without ? omitted(type, resource, without) : resource;
}

const always = (type: ResourceType, name: string): boolean => attributeOf(type, name)?.returned === 'always';

function picked(type: ResourceType, resource: JsonObject, paths: readonly string[]): JsonObject {
  const found: JsonObject = {};
  for (const [name, value] of Object.entries(resource)) if (always(type, name)) found[name] = value;
  for (const text of paths) {
    const resolved = resolvePath(type, text);
    if (resolved.kind === 'extension') copy(resource, found, resolved.urn);
    else if (resolved.kind === 'attribute') pick(resource, found, resolved.path);
  }
  return found;
}

function copy(from: JsonObject, to: JsonObject, name: string): void {
  if (Object.hasOwn(from, name)) to[name] = from[name] as Json;
}

function pick(resource: JsonObject, found: JsonObject, { extension, attribute, sub }: AttributePath): void {
  const source = extension === undefined ? resource : resource[extension];
  if (!isObject(source) || !Object.hasOwn(source, attribute.name)) return;
  if (extension !== undefined) found[extension] ??= {};
  const target = extension === undefined ? found : (found[extension] as JsonObject);
  const value = source[attribute.name] as Json;
  target[attribute.name] = sub ? merged(target[attribute.name], value, sub.name) : value;
}

/** One more sub-attribute of each element, beside those that were picked before. */
function merged(before: Json | undefined, value: Json, name: string): Json {
  if (Array.isArray(value)) return value.map((element, n) => merged(Array.isArray(before) ? before[n] : undefined, element, name));
  const kept: JsonObject = isObject(before) ? (before as JsonObject) : {};
  if (isObject(value)) copy(value as JsonObject, kept, name);
  return kept;
}

function omitted(type: ResourceType, resource: JsonObject, paths: readonly string[]): JsonObject {
  const left: JsonObject = { ...resource };
  for (const text of paths) {
    const resolved = resolvePath(type, text);
    if (resolved.kind === 'extension' && extensionOf(type, resolved.urn)) delete left[resolved.urn];
    else if (resolved.kind === 'attribute' && resolved.path.attribute.returned !== 'always') omit(left, resolved.path);
  }
  return left;
}

function omit(left: JsonObject, { extension, attribute, sub }: AttributePath): void {
  if (extension !== undefined) {
    const container = left[extension];
    if (!isObject(container)) return;
    left[extension] = { ...container } as JsonObject;
    return omit(left[extension] as JsonObject, { attribute, ...(sub ? { sub } : {}) });
  }
  const value = left[attribute.name];
  if (value === undefined) return;
  if (!sub) delete left[attribute.name];
  else left[attribute.name] = stripped(value, sub.name);
}

function stripped(value: Json, name: string): Json {
  if (Array.isArray(value)) return value.map((element) => stripped(element, name));
  if (!isObject(value)) return value;
  const { [name]: _, ...rest } = value;
  return rest as JsonObject;
}
