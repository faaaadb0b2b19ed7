import { type AttributePath, namesNoAttribute, resolvePath } from './attribute-path.ts';
import type { ResourceType } from './attributes.ts';
import { type Filter, parseElementFilter } from './filter.ts';
import { longestFilter } from './filter-lexer.ts';
import { isObject, own, ownInAnyCase } from './own.ts';
import { invalidPath, ScimError } from './scim-error.ts';

/** Where a change applies: an attribute, one of its sub-attributes, or those elements of it that a filter picks. */
export interface Target extends AttributePath {
  element?: Filter;
}

export type PatchPath =
  | { kind: 'attribute'; target: Target }
  | { kind: 'core' }
  | { kind: 'extension'; urn: string }
  /** Nothing that any schema has; `text` without the filter, which may hold personal data. */
  | { kind: 'unknown'; text: string };

/** PATH = attrPath / valuePath [subAttr] ; valuePath = attrPath "[" valFilter "]"                                   (RFC 7644, figure 7) */
const shape = /^([^[\]\s"]+)(?:\[(.*)\](?:\.([A-Za-z$][\w$-]*))?)?$/s;

/** Clients say the same few paths again and again. One with a filter holds a value, and is not kept. */
const known = new WeakMap<ResourceType, Map<string, PatchPath>>();
const mostKnown = 500;
const longestKnown = 200;

/** Throws 400 invalidPath for what is no path, 400 invalidFilter for a filter in it that can't be read. */
export function parsePatchPath(type: ResourceType, text: string): PatchPath {
  const paths = known.get(type) ?? new Map<string, PatchPath>();
  const found = paths.get(text);
  if (found) return found;
  const path = parseAfresh(type, text);
  if (text.includes('[') || text.length > longestKnown) return path;
  if (paths.size >= mostKnown) paths.clear();
  known.set(type, paths.set(text, path));
  return path;
}

function parseAfresh(type: ResourceType, text: string): PatchPath {
  const match = text.length <= longestFilter ? shape.exec(text.trim()) : null;
  if (!match) throw invalidPath('The path is not an attribute path such as title, name.givenName or emails[type eq "work"].value.');
  const [, name = '', filter, subName] = match;
  const resolved = resolvePath(type, name);
  const unknown: PatchPath = { kind: 'unknown', text: subName === undefined ? name : `${name}.${subName}` };
  if (resolved.kind === 'unknown') return unknown;
  if (filter === undefined) return resolved.kind === 'attribute' ? { kind: 'attribute', target: resolved.path } : resolved;
  if (resolved.kind !== 'attribute') throw invalidPath('A filter in a path belongs to a multi-valued attribute.');
  const { attribute, sub } = resolved.path;
  if (attribute.type === 'any') return unknown;
  if (!attribute.multiValued || sub) throw invalidPath('A filter in a path belongs to a multi-valued attribute.');
  const part = subName === undefined ? undefined : attribute.byName.get(subName.toLowerCase());
  const element = parseElementFilter(filter, attribute);
  if (!element || (subName !== undefined && !part)) return unknown;
  return { kind: 'attribute', target: { ...resolved.path, element, ...(part ? { sub: part } : {}) } };
}

/**
 * A key of an object as a path; what is none is unknown. A URN with an object is an extension, unless it looks like an attribute of one
 * (`…:2.0:User:office`) and `schemas` beside it does not list it.
 */
export function parseKey(type: ResourceType, key: string, holder: object): PatchPath {
  try {
    const path = parsePatchPath(type, key);
    const isCustom = path.kind === 'attribute' && path.target.attribute.type === 'any';
    const isExtension = isCustom && isObject(own(holder, key)) && (namesNoAttribute(key) || listsSchema(holder, key));
    return isExtension ? { kind: 'extension', urn: key } : path;
  } catch (error) {
    if (error instanceof ScimError) return { kind: 'unknown', text: key.split('[', 1)[0] as string };
    throw error;
  }
}

function listsSchema(body: object, urn: string): boolean {
  const listed = ownInAnyCase(body, 'schemas');
  return Array.isArray(listed) && listed.some((schema) => String(schema).toLowerCase() === urn.toLowerCase());
}
