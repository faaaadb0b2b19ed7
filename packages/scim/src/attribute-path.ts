import { type Attribute, attributeOf, type ResourceType, type Schema } from './attributes.ts';

/**
 * attrPath = [URI ":"] ATTRNAME *1subAttr ; ATTRNAME = ALPHA *("-" / "_" / DIGIT / ALPHA) ; subAttr = "." ATTRNAME   (RFC 7644, figure 1)
 *
 * The URI of an extension has a dot in it (`…:2.0:User`), so the longest known URI is cut off before anything is split at dots.
 */
export interface AttributePath {
  /** URN of the extension in which the attribute stands; absent for core and common attributes. */
  extension?: string;
  attribute: Attribute;
  sub?: Attribute;
}

export type ResolvedPath =
  | { kind: 'attribute'; path: AttributePath }
  /** A whole extension. */
  | { kind: 'extension'; urn: string }
  /** Nothing that any schema has. */
  | { kind: 'unknown' };

const unknown: ResolvedPath = { kind: 'unknown' };
const attributeName = /^[A-Za-z$][\w$-]{0,127}$/;
const reserved = new Set(['constructor', 'prototype']);

/** An attribute of an extension that no schema of ours lists: kept as it came, compared as text. */
const customAttribute = (name: string): Attribute => ({
  name,
  type: 'string',
  multiValued: false,
  description: '',
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
  subAttributes: [],
  byName: new Map(),
});

export function resolvePath(type: ResourceType, text: string): ResolvedPath {
  if (!/^urn:/i.test(text)) return resolveIn(text, (name) => attributeOf(type, name));
  const lower = text.toLowerCase();
  const core = type.schema.id.toLowerCase();
  if (lower.startsWith(`${core}:`)) return resolveIn(text.slice(core.length + 1), (name) => attributeOf(type, name));
  for (const schema of type.extensions) {
    const rest = afterUrn(text, lower, schema);
    if (rest === '') return { kind: 'extension', urn: schema.id };
    if (rest !== undefined) return resolveIn(rest, (name) => schema.byName.get(name.toLowerCase()), schema.id);
  }
  return resolveCustom(text);
}

/** What follows a schema's URN, after `:` or the `.` of before 2018; `…2.0User` is how an Entra sample writes `…2.0:User`. */
function afterUrn(text: string, lower: string, { id }: Schema): string | undefined {
  const urn = id.toLowerCase();
  for (const spelling of [urn, urn.replace(/:user$/, 'user')]) {
    if (lower === spelling) return '';
    if (lower.startsWith(`${spelling}:`) || lower.startsWith(`${spelling}.`)) return text.slice(spelling.length + 1);
  }
  return undefined;
}

function resolveIn(text: string, find: (name: string) => Attribute | undefined, extension?: string): ResolvedPath {
  const [name = '', subName, ...rest] = text.split('.');
  const attribute = find(name);
  if (!attribute || rest.length > 0) return unknown;
  const where = extension === undefined ? {} : { extension };
  if (subName === undefined) return { kind: 'attribute', path: { ...where, attribute } };
  const sub = attribute.byName.get(subName.toLowerCase());
  return sub ? { kind: 'attribute', path: { ...where, attribute, sub } } : unknown;
}

/** `urn:ietf:params:scim:schemas:extension:Custom:2.0:User:costCode`: the last part is the attribute (Entra's custom mappings). */
function resolveCustom(text: string): ResolvedPath {
  const cut = text.lastIndexOf(':');
  const name = text.slice(cut + 1);
  if (text.length > 256 || !attributeName.test(name) || reserved.has(name)) return unknown;
  if (/:\d+\.\d+$/.test(text.slice(0, cut))) return { kind: 'extension', urn: text };
  return { kind: 'attribute', path: { extension: text.slice(0, cut), attribute: customAttribute(name) } };
}

/** The canonical spelling. */
export const printPath = ({ extension, attribute, sub }: AttributePath): string =>
  `${extension === undefined ? '' : `${extension}:`}${attribute.name}${sub ? `.${sub.name}` : ''}`;
