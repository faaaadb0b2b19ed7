import { resolvePath } from './attribute-path.ts';
import type { ResourceType } from './attributes.ts';
import type { Target } from './edit.ts';
import { parseElementFilter } from './filter.ts';
import { longestFilter } from './filter-lexer.ts';
import { invalidPath, ScimError } from './scim-error.ts';

/** PATH = attrPath / valuePath [subAttr] ; valuePath = attrPath "[" valFilter "]"                                   (RFC 7644, figure 7) */
export type PatchPath = { kind: 'attribute'; target: Target } | { kind: 'extension'; urn: string } | { kind: 'unknown'; text: string };

const shape = /^([^[\]\s"]+)(?:\[(.*)\](?:\.([A-Za-z$][\w$-]*))?)?$/s;

/** Throws 400 invalidPath for what is no path; an attribute that no schema has is `unknown`. */
export function parsePatchPath(type: ResourceType, text: string): PatchPath {
  const match = text.length <= longestFilter ? shape.exec(text.trim()) : null;
  if (!match) throw invalidPath('The path is not an attribute path such as title, name.givenName or emails[type eq "work"].value.');
  const [, name = '', filter, subName] = match;
  const resolved = resolvePath(type, name);
  if (resolved.kind === 'unknown') return { kind: 'unknown', text: name };
  if (resolved.kind === 'extension') {
    if (filter !== undefined) throw invalidPath('A filter in a path belongs to a multi-valued attribute.');
    return resolved;
  }
  if (filter === undefined) return { kind: 'attribute', target: resolved.path };
  const { attribute, sub } = resolved.path;
  if (!attribute.multiValued || sub) throw invalidPath('A filter in a path belongs to a multi-valued attribute.');
  const part = subName === undefined ? undefined : attribute.byName.get(subName.toLowerCase());
  if (subName !== undefined && !part) return { kind: 'unknown', text: `${name}.${subName}` };
  return { kind: 'attribute', target: { ...resolved.path, element: elementFilter(filter, resolved.path), ...(part ? { sub: part } : {}) } };
}

function elementFilter(text: string, path: Target) {
  try {
    return parseElementFilter(text, path);
  } catch (error) {
    throw error instanceof ScimError ? invalidPath(`The filter in the path: ${error.message}`) : error;
  }
}
