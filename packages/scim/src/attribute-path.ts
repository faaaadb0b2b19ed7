import { type Attribute, attributeOf, type ResourceType, type Schema } from './attributes.ts';
import { isObject, own, spelledIn } from './own.ts';

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
  /** All of the resource type's own schema. */
  | { kind: 'core' }
  /** All of an extension. */
  | { kind: 'extension'; urn: string }
  /** Nothing that any schema has. */
  | { kind: 'unknown' };

const unknown: ResolvedPath = { kind: 'unknown' };
const longestPath = 256;

/** Names in any case. An extension's attribute is also found without its URN, as in Entra's `manager eq "…"`. */
export function resolvePath(type: ResourceType, text: string): ResolvedPath {
  if (!/^urn:/i.test(text)) return resolveUnqualified(type, text);
  const lower = text.toLowerCase();
  const inCore = afterUrn(text, lower, type.schema);
  if (inCore !== undefined) return inCore === '' ? { kind: 'core' } : resolveIn(inCore, (name) => attributeOf(type, name));
  for (const schema of type.extensions) {
    const rest = afterUrn(text, lower, schema);
    if (rest !== undefined) return rest === '' ? { kind: 'extension', urn: schema.id } : resolveInExtension(rest, schema);
  }
  return resolveCustom(text);
}

/** What follows a schema's URN, after `:` or the `.` of before 2018. */
function afterUrn(text: string, lower: string, { spellings }: Schema): string | undefined {
  for (const urn of spellings) {
    if (lower === urn) return '';
    if (lower.startsWith(urn) && /[:.]/.test(lower.charAt(urn.length))) return text.slice(urn.length + 1);
  }
  return undefined;
}

function resolveUnqualified(type: ResourceType, text: string): ResolvedPath {
  const found = resolveIn(text, (name) => attributeOf(type, name));
  if (found.kind === 'attribute') return found;
  for (const schema of type.extensions) {
    const inExtension = resolveInExtension(text, schema);
    if (inExtension.kind === 'attribute') return inExtension;
  }
  return unknown;
}

const resolveInExtension = (text: string, { id, byName }: Schema): ResolvedPath =>
  resolveIn(text, (name) => byName.get(name.toLowerCase()), id);

function resolveIn(text: string, find: (name: string) => Attribute | undefined, extension?: string): ResolvedPath {
  const [name = '', subName, ...rest] = text.split('.', 3);
  const attribute = find(name);
  if (!attribute || rest.length > 0) return unknown;
  const where = extension === undefined ? {} : { extension };
  if (subName === undefined) return { kind: 'attribute', path: { ...where, attribute } };
  const sub = attribute.byName.get(subName.toLowerCase());
  return sub ? { kind: 'attribute', path: { ...where, attribute, sub } } : unknown;
}

/** `urn:ietf:params:scim:schemas:extension:Custom:2.0:User`, and an attribute of it after `:` or, as before 2018, after `.`. */
const versioned = /^(urn:.+:\d+\.\d+:?(?:User|Group))(?:[:.]([^:]+))?$/i;
/** Any other URN: the last part is the attribute. `urn:okta:app:1.0:user:custom:floor` is one. */
const unversioned = /^(urn:.+):([^:]+)$/i;
const reserved = new Set(['constructor', 'prototype']);
const isName = (name: string): boolean => /^[A-Za-z$][\w$-]*$/.test(name) && !reserved.has(name);

/** Whether a URN that no schema has can be nothing but an extension, where its value is an object. */
export const namesNoAttribute = (urn: string): boolean => versioned.exec(urn)?.[2] === undefined;

/** Entra's custom mappings: extensions that no schema of ours lists. */
function resolveCustom(text: string): ResolvedPath {
  const match = text.length <= longestPath ? (versioned.exec(text) ?? unversioned.exec(text)) : null;
  if (!match) return unknown;
  const [, urn = '', path] = match;
  if (path === undefined) return { kind: 'extension', urn };
  const [name = '', subName, ...rest] = path.split('.');
  if (!isName(name) || (subName !== undefined && !isName(subName)) || rest.length > 0) return unknown;
  const attribute = customAttribute(name);
  return { kind: 'attribute', path: { extension: urn, attribute, ...(subName ? { sub: customAttribute(subName) } : {}) } };
}

/** One that this service knows nothing of: any value will do. */
export const customAttribute = (name: string): Attribute => ({
  name,
  type: 'any',
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

/** The name by which `holder` has an attribute: what no schema lists keeps the spelling in which it came first. */
export const nameIn = (holder: unknown, { name, type }: Attribute): string =>
  type === 'any' && isObject(holder) ? spelledIn(holder, name) : name;

export const valueIn = (holder: unknown, attribute: Attribute): unknown => own(holder, nameIn(holder, attribute));

/** The canonical spelling. */
export const printPath = ({ extension, attribute, sub }: AttributePath): string =>
  `${extension === undefined ? '' : `${extension}:`}${attribute.name}${sub ? `.${sub.name}` : ''}`;

/** A filter or an order over what is never returned would tell it, bit by bit. */
export const isSecret = ({ attribute, sub = attribute.byName.get('value') }: AttributePath): boolean =>
  attribute.returned === 'never' || sub?.returned === 'never';

/** A group's members: they live in an index and not in the document. */
export const isMembers = ({ extension, attribute }: AttributePath): boolean => extension === undefined && attribute.name === 'members';
