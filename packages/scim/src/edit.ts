import { type AttributePath, isMembers } from './attribute-path.ts';
import { assertFew, type Json, type JsonObject, onePrimary, type PassOver, readParts, readValue, saysAnything } from './attribute-value.ts';
import type { Attribute, ResourceType } from './attributes.ts';
import { elementOf, union, without } from './elements.ts';
import { normalised } from './entra-dialect.ts';
import type { Filter } from './filter.ts';
import { compileFilter } from './filter-evaluate.ts';
import { isObject, own, ownInAnyCase } from './own.ts';
import { parseKey, type Target } from './patch-path.ts';
import { invalidValue, noTarget } from './scim-error.ts';

export type Verb = 'add' | 'replace';

export interface Draft {
  set(verb: Verb, target: Target, value: unknown): void;
  remove(target: Target, value: unknown): void;
  /** An object whose keys are paths: plain, dotted or with a URN; nested objects merge (Entra's pathless PATCH; POST and PUT). */
  merge(values: object, verb: Verb): void;
  mergeExtension(urn: string, value: unknown, verb: Verb): void;
  removeExtension(urn: string): void;
  passOver: PassOver;
}

const mostPassedOver = 100;

/** Changes to a copy of a resource, which is given back; the input stays as it is. `ignored`: names of what was sent and is not stored. */
export function edit(type: ResourceType, before: JsonObject, change: (draft: Draft) => void): { resource: JsonObject; ignored: string[] } {
  const resource = copied(before);
  const ignored = new Set<string>();
  const passOver: PassOver = (name) => {
    if (ignored.size < mostPassedOver) ignored.add(name.slice(0, 128));
  };

  const containerOf = ({ extension }: AttributePath): JsonObject | undefined =>
    extension === undefined ? resource : (own(resource, extension) as JsonObject | undefined);
  const current = (path: AttributePath): Json | undefined => own(containerOf(path), path.attribute.name) as Json | undefined;
  const elementsOf = (path: AttributePath): Json[] => {
    const value = current(path);
    return Array.isArray(value) ? value : [];
  };
  const objectAt = (path: AttributePath): JsonObject | undefined => {
    const value = current(path);
    return isObject(value) ? (value as JsonObject) : undefined;
  };

  function put(path: AttributePath, value: Json | undefined): void {
    const { attribute, extension } = path;
    if (value === undefined) return unassign(path);
    const container = containerOf(path);
    if (container) container[attribute.name] = value;
    else resource[extension as string] = { [attribute.name]: value };
  }

  function unassign(path: AttributePath): void {
    const { attribute, extension } = path;
    // Nobody says by leaving `active` empty that access ends, nor that it comes back.
    if (extension === undefined && attribute.name === 'active') return passOver('active');
    const container = containerOf(path);
    if (!container) return;
    delete container[attribute.name];
    if (extension !== undefined && Object.keys(container).length === 0) delete resource[extension];
  }

  const putElements = (path: AttributePath, elements: readonly (Json | undefined)[], chosen?: Json): void => {
    const left = elements.filter((element) => element !== undefined);
    assertFew(path.attribute, left);
    put(path, left.length > 0 ? onePrimary(left, chosen) : undefined);
  };

  function set(verb: Verb, target: Target, value: unknown): void {
    const { attribute, sub, element } = target;
    if (sub?.mutability === 'readOnly') return passOver(`${attribute.name}.${sub.name}`);
    if (element) return setElements(verb, target, element, value);
    if (sub) return setSub(target, sub, value);
    if (attribute.type === 'complex' && !attribute.multiValued) return setComplex(target, value);
    const read = readValue(attribute, value, passOver);
    if (verb === 'replace' || !attribute.multiValued) return put(target, read);
    if (Array.isArray(read)) putElements(target, union(attribute, elementsOf(target), read));
  }

  /** The sub-attributes that are given, over those that are there. A reference to someone else leaves nothing of the one before. */
  function setComplex(target: Target, value: unknown): void {
    const given = normalised(target.attribute, value);
    if (given === null || given === undefined || given === '') return put(target, undefined);
    const isAnother = isObject(given) && target.attribute.byName.has('$ref') && ownInAnyCase(given, 'value') !== undefined;
    put(target, readParts(target.attribute, given, passOver, isAnother ? undefined : objectAt(target)));
  }

  /** `name.givenName`, and `emails.type` of every element there is. */
  function setSub(target: Target, sub: Attribute, value: unknown): void {
    const read = readValue(sub, value, passOver);
    if (!target.attribute.multiValued) {
      const refersToNobody = read === undefined && sub.name === 'value' && target.attribute.byName.has('$ref');
      return put(target, refersToNobody ? undefined : withPart(objectAt(target), sub, read));
    }
    const elements = elementsOf(target);
    const changed = (elements.length > 0 ? elements : [{}]).map((one) => withPart(one as JsonObject, sub, read));
    putElements(target, read === undefined ? changed.map(leftOf) : changed);
  }

  /** The picked elements, or a new one made of the filter's equalities where there is none: Entra needs that (RFC 7644, 3.5.2.3 has noTarget). */
  function setElements(verb: Verb, target: Target, element: Filter, value: unknown): void {
    const { attribute, sub } = target;
    const matches = compileFilter(element);
    const elements = elementsOf(target);
    const isPicked = elements.map((one) => isObject(one) && matches(one));
    const seed = elementOf(element);
    const read = sub ? readValue(sub, value, passOver) : firstOf(readValue(attribute, value, passOver));

    let last: JsonObject | undefined;
    const changed = (one: JsonObject): JsonObject | undefined => {
      if (sub) last = read === undefined ? leftOf(withPart(one, sub, undefined)) : withPart(one, sub, read);
      else last = read === undefined ? undefined : { ...(verb === 'add' ? one : seed), ...(read as JsonObject) };
      return last;
    };
    if (isPicked.includes(true)) {
      const after = elements.map((one, place) => (isPicked[place] ? changed(one as JsonObject) : one));
      return putElements(target, after, last);
    }
    if (read === undefined) return;
    if (Object.keys(seed).length === 0)
      throw noTarget('No element matches the filter of the path, and the filter has no equality to make one of.');
    putElements(target, [...elements, changed(seed)], last);
  }

  /** Without a value: the attribute, sub-attribute or picked elements. With one: those elements that it names, and never more. */
  function remove(target: Target, value: unknown): void {
    const { attribute, sub, element } = target;
    if (sub?.mutability === 'readOnly') return passOver(`${attribute.name}.${sub.name}`);
    if (element) {
      const matches = compileFilter(element);
      const left = elementsOf(target).map((one) => {
        if (!isObject(one) || !matches(one)) return one;
        return sub && leftOf(withPart(one as JsonObject, sub, undefined));
      });
      return putElements(target, left);
    }
    if (sub) return setSub(target, sub, undefined);
    if (!attribute.multiValued || value === undefined || value === null) return put(target, undefined);
    const named = readValue(attribute, value, passOver);
    if (Array.isArray(named)) putElements(target, without(attribute, elementsOf(target), named));
  }

  function merge(values: object, verb: Verb, extension?: string): void {
    for (const [key, value] of Object.entries(values)) {
      const name = extension === undefined ? key : `${extension}:${key}`;
      const path = parseKey(type, name, extension === undefined && isObject(value));
      if (path.kind === 'unknown') passOver(path.text);
      else if (path.kind === 'extension') mergeExtension(path.urn, value, verb);
      else if (path.kind === 'core') isObject(value) ? merge(value, verb) : passOver(name);
      else if (!isKeptElsewhere(path.target)) set(verb, path.target, value);
    }
  }

  function mergeExtension(urn: string, value: unknown, verb: Verb): void {
    if (isObject(value)) merge(value, verb, urn);
    else if (value === null || value === '') delete resource[urn];
    else throw invalidValue('An extension is an object with attributes.');
  }

  const removeExtension = (urn: string): void => {
    delete resource[urn];
  };

  change({ set, remove, merge, mergeExtension, removeExtension, passOver });
  return { resource, ignored: [...ignored] };
}

/** What a body may carry and does not set: id, meta and groups (RFC 7644, 3.5.1), `schemas`, and members, which live in an index. */
const isKeptElsewhere = ({ extension, attribute }: AttributePath): boolean =>
  extension === undefined && (attribute.mutability === 'readOnly' || attribute.name === 'schemas' || isMembers({ attribute }));

/** Only containers are changed in place, so only they are copied. */
const copied = (resource: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(resource).map(([name, value]) => [name, isObject(value) ? { ...(value as JsonObject) } : value]));

const firstOf = (value: Json | undefined): Json | undefined => (Array.isArray(value) ? value[0] : value);

function withPart(one: JsonObject | undefined, { name }: Attribute, value: Json | undefined): JsonObject | undefined {
  const changed = { ...one };
  if (value === undefined) delete changed[name];
  else changed[name] = value;
  return Object.keys(changed).length > 0 ? changed : undefined;
}

/** An element that lost what it said is dropped. */
const leftOf = (one: JsonObject | undefined): JsonObject | undefined => (one && saysAnything(one) ? one : undefined);

/** `schemas` says which extensions have values (RFC 7643, 3). */
export const withSchemas = (type: ResourceType, { schemas: _, ...attributes }: JsonObject): JsonObject => ({
  schemas: [type.schema.id, ...Object.keys(attributes).filter((name) => /^urn:/i.test(name))],
  ...attributes,
});
