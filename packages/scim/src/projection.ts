import { resolvePath } from './attribute-path.ts';
import type { Json, JsonObject } from './attribute-value.ts';
import { type Attribute, attributeOf, hides, type ResourceType } from './attributes.ts';
import { isObject, own, spelledIn } from './own.ts';
import { invalidValue } from './scim-error.ts';

/** `attributes` and `excludedAttributes` (RFC 7644, 3.4.2.5), as they came. */
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

const coreUrn = /^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group)(?::|$)/;

/** Whether a top-level attribute (in lower case) will be served at all, so that the caller need not read what will not. */
export function wantsAttribute({ only, without }: Projection, attribute: string): boolean {
  const named = (list: readonly string[], partly: boolean) =>
    list.some((text) => {
      const name = text.toLowerCase().replace(coreUrn, '');
      return name === '' || name === attribute || (partly && name.startsWith(`${attribute}.`));
    });
  return (!only || named(only, true)) && !(without && named(without, false));
}

/** Whether all of a resource is served: nobody chose, and no extension hides anything. */
export const isWhole = (type: ResourceType, { only, without }: Projection): boolean =>
  !only && !without && !type.extensions.some((extension) => extension.hides);

/**
 * The resource with the attributes that were asked for. Those that are returned always stay, those that are returned never go, those that are
 * returned on request are there when they were asked for by name. The same object where nothing is to be done.
 */
export function project(type: ResourceType, resource: JsonObject, { only, without }: Projection): JsonObject {
  const chosen = only ? selectionOf(type, only) : undefined;
  const wanted = withoutHidden(type, chosen ? selected(type, resource, chosen, true) : resource, chosen);
  return without ? selected(type, wanted, selectionOf(type, without), false) : wanted;
}

/** Only extensions that a tenant registered hide anything. */
function withoutHidden(type: ResourceType, resource: JsonObject, chosen: Selection | undefined): JsonObject {
  let shown = resource;
  for (const { id, attributes, hides: hidesSome } of type.extensions) {
    if (!hidesSome) continue;
    const urn = spelledIn(resource, id);
    const container = own(resource, urn);
    if (!isObject(container)) continue;
    const { [urn]: _, ...others } = shown;
    const left = shownParts(attributes, container as JsonObject, chosen?.get(id.toLowerCase()));
    shown = Object.keys(left).length > 0 ? { ...others, [urn]: left } : others;
  }
  return shown;
}

function shownParts(attributes: readonly Attribute[], values: JsonObject, chosen: Parts | Set<string> | 'all' | undefined): JsonObject {
  const left: JsonObject = {};
  for (const [name, value] of Object.entries(values)) {
    const attribute = attributes.find((one) => one.name === name);
    const named = chosen instanceof Map ? chosen.get(name.toLowerCase()) : chosen instanceof Set && chosen.has(name.toLowerCase());
    if (attribute?.returned === 'never' || (attribute?.returned === 'request' && !named)) continue;
    const kept = attribute?.subAttributes.some(hides) ? shownInside(attribute, value, named instanceof Set ? named : undefined) : value;
    if (kept !== undefined) left[name] = kept;
  }
  return left;
}

/** Undefined where all of it is hidden. */
function shownInside(attribute: Attribute, value: Json, chosen: Set<string> | undefined): Json | undefined {
  if (Array.isArray(value)) return value.flatMap((one) => shownInside(attribute, one, chosen) ?? []);
  if (!isObject(value)) return value;
  const left = shownParts(attribute.subAttributes, value as JsonObject, chosen);
  return Object.keys(left).length > 0 ? left : undefined;
}

/** Sub-attributes by attribute, or all of it. Names are in lower case. */
type Parts = Map<string, Set<string> | 'all'>;
/** Parts by the URN of their extension, '' for the core. */
type Selection = Map<string, Parts | 'all'>;

function selectionOf(type: ResourceType, names: readonly string[]): Selection {
  const selection: Selection = new Map();
  for (const name of names) {
    const resolved = resolvePath(type, name);
    if (resolved.kind === 'core') selection.set('', 'all');
    else if (resolved.kind === 'extension') selection.set(resolved.urn.toLowerCase(), 'all');
    else if (resolved.kind === 'attribute') {
      const { extension = '', attribute, sub } = resolved.path;
      const parts = selection.get(extension.toLowerCase()) ?? new Map();
      selection.set(extension.toLowerCase(), parts === 'all' ? parts : withPart(parts, attribute.name.toLowerCase(), sub?.name));
      // What no schema lists may be an attribute, or an extension by that name.
      if (attribute.type === 'any' && !sub) selection.set(name.toLowerCase(), 'all');
    }
  }
  return selection;
}

function withPart(parts: Parts, name: string, sub: string | undefined): Parts {
  const before = parts.get(name);
  if (sub === undefined) parts.set(name, 'all');
  else if (before !== 'all') parts.set(name, (before ?? new Set()).add(sub.toLowerCase()));
  return parts;
}

/** `keep`: only what is selected; else all but that. */
function selected(type: ResourceType, resource: JsonObject, selection: Selection, keep: boolean): JsonObject {
  const found: JsonObject = {};
  const core = selection.get('');
  for (const [name, value] of Object.entries(resource)) {
    const isExtension = name.includes(':');
    const parts = isExtension ? selection.get(name.toLowerCase()) : core === 'all' ? core : core?.get(name.toLowerCase());
    const left = !isExtension && attributeOf(type, name)?.returned === 'always' ? value : partsOf(value, parts, keep);
    if (left !== undefined) found[name] = left;
  }
  return found;
}

function partsOf(value: Json, parts: Parts | Set<string> | 'all' | undefined, keep: boolean): Json | undefined {
  if (parts === undefined || parts === 'all') return (parts === 'all') === keep ? value : undefined;
  if (Array.isArray(value)) return value.flatMap((element) => partsOf(element, parts, keep) ?? []);
  if (!isObject(value)) return value;
  const left: JsonObject = {};
  for (const [name, part] of Object.entries(value)) {
    const lower = name.toLowerCase();
    const inside = parts instanceof Set ? (parts.has(lower) ? ('all' as const) : undefined) : parts.get(lower);
    const kept = partsOf(part as Json, inside, keep);
    if (kept !== undefined) left[name] = kept;
  }
  return Object.keys(left).length > 0 ? left : undefined;
}
