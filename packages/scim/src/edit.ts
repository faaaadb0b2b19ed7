import type { AttributePath } from './attribute-path.ts';
import { resolvePath } from './attribute-path.ts';
import { type Json, type JsonObject, onePrimary, readValue } from './attribute-value.ts';
import type { Attribute, ResourceType } from './attributes.ts';
import type { Filter } from './filter.ts';
import { compileFilter } from './filter-evaluate.ts';
import { isObject, own } from './own.ts';
import { invalidPath, invalidValue } from './scim-error.ts';

export type Verb = 'add' | 'replace';
/** Where a change applies: an attribute, one of its sub-attributes, or those elements of it that a filter picks. */
export interface Target extends AttributePath {
  element?: Filter;
}

/** Attributes that a body may carry and that nobody may set by it (RFC 7644, 3.5.1). `members` live in an index. */
const notHere = (attribute: Attribute): boolean =>
  attribute.mutability === 'readOnly' || attribute.name === 'schemas' || attribute.name === 'members';

/** Changes to a copy of a resource, which is given back; the input stays as it is. */
export function edit(type: ResourceType, before: JsonObject, change: (draft: Draft) => void): { resource: JsonObject; ignored: string[] } {
  const resource = structuredClone(before);
  const ignored: string[] = [];
  const passOver = (name: string): void => {
    if (ignored.length < 100) ignored.push(name.slice(0, 128));
  };

  const containerOf = ({ extension }: AttributePath): JsonObject | undefined =>
    extension === undefined ? resource : (own(resource, extension) as JsonObject | undefined);

  function containerMade(path: AttributePath): JsonObject {
    const existing = containerOf(path);
    if (existing) return existing;
    const made: JsonObject = {};
    resource[path.extension as string] = made;
    return made;
  }

  function put(path: AttributePath, value: Json | undefined): void {
    const { attribute, extension } = path;
    if (value !== undefined) {
      containerMade(path)[attribute.name] = value;
      return;
    }
    if (attribute.required) throw invalidValue(`${attribute.name} is required and cannot be unassigned.`);
    const container = containerOf(path);
    if (!container) return;
    delete container[attribute.name];
    if (extension !== undefined && Object.keys(container).length === 0) delete resource[extension];
  }

  const current = (path: AttributePath): Json | undefined => own(containerOf(path), path.attribute.name) as Json | undefined;
  const elementsOf = (path: AttributePath): Json[] => {
    const value = current(path);
    return Array.isArray(value) ? value : [];
  };

  function set(verb: Verb, target: Target, value: unknown): void {
    const { attribute, sub, element } = target;
    if (element) return setElements(target, element, value);
    if (sub) return setSub(target, sub, value);
    const read = readValue(attribute, value, passOver);
    if (attribute.multiValued) return put(target, verb === 'add' ? union(elementsOf(target), read) : read);
    if (attribute.type === 'complex' && isObject(read)) return put(target, { ...(current(target) as JsonObject | undefined), ...read });
    put(target, read);
  }

  /** `name.givenName`, and `emails.type` of every element there is. */
  function setSub(target: Target, sub: Attribute, value: unknown): void {
    const read = readValue(sub, value, passOver);
    if (!target.attribute.multiValued) return put(target, withPart(current(target) as JsonObject | undefined, sub, read));
    const elements = elementsOf(target);
    const changed =
      elements.length > 0 ? elements.flatMap((one) => withPart(one as JsonObject, sub, read) ?? []) : [withPart(undefined, sub, read)];
    put(target, orNothing(changed.filter((one) => one !== undefined)));
  }

  /** The picked elements, or a new one made of the filter's equalities where there is none: Entra needs that (RFC 7644, 3.5.2.3 says noTarget). */
  function setElements(target: Target, element: Filter, value: unknown): void {
    const { attribute, sub } = target;
    const matches = compileFilter(element);
    const elements = elementsOf(target);
    const chosen = elements.filter((one) => isObject(one) && matches(one)) as JsonObject[];
    const read = sub ? readValue(sub, value, passOver) : readOne(attribute, value);
    if (chosen.length === 0 && read === undefined) return;
    const seed = equalities(element);
    if (chosen.length === 0 && Object.keys(seed).length === 0)
      throw invalidPath('No element matches the filter of the path, and it says nothing to make one of.');
    const change = (one: JsonObject): JsonObject | undefined => {
      if (sub) return kept(withPart(one, sub, read), seed);
      return read === undefined ? undefined : { ...one, ...(read as JsonObject) };
    };
    if (chosen.length === 0) {
      const made = change(seed) as JsonObject;
      return put(target, onePrimary([...elements, made], made));
    }
    let last: Json | undefined;
    const changed = elements.flatMap((one) => {
      if (!chosen.includes(one as JsonObject)) return [one];
      last = change(one as JsonObject);
      return last === undefined ? [] : [last];
    });
    put(target, orNothing(onePrimary(changed, last)));
  }

  function readOne(attribute: Attribute, value: unknown): Json | undefined {
    const read = readValue(attribute, value, passOver);
    return Array.isArray(read) ? read[0] : read;
  }

  /** Without a value: the attribute, sub-attribute or picked elements. With one: those elements that it names, and never more. */
  function remove(target: Target, value: unknown): void {
    const { attribute, sub, element } = target;
    if (element) {
      const matches = compileFilter(element);
      const seed = equalities(element);
      const left = elementsOf(target).flatMap((one) => {
        if (!isObject(one) || !matches(one)) return [one];
        return (sub && kept(withPart(one, sub, undefined), seed)) ?? [];
      });
      return put(target, orNothing(left));
    }
    if (sub) return setSub(target, sub, undefined);
    if (!attribute.multiValued || value === undefined || value === null) return put(target, undefined);
    const named = (readValue(attribute, value, passOver) ?? []) as Json[];
    put(target, orNothing(elementsOf(target).filter((one) => !named.some((wanted) => covers(one, wanted)))));
  }

  /** An object whose keys are paths: dotted, URN-qualified or plain, and nested objects merge (Entra's pathless PATCH, POST and PUT). */
  function merge(values: object, verb: Verb, extension?: string): void {
    for (const [name, value] of Object.entries(values)) {
      const resolved = resolvePath(type, extension === undefined ? name : `${extension}:${name}`);
      if (resolved.kind === 'unknown') passOver(extension === undefined ? name : `${extension}:${name}`);
      else if (resolved.kind === 'extension') mergeExtension(resolved.urn, value, verb);
      else if (!notHere(resolved.path.attribute)) set(verb, resolved.path, custom(resolved.path, value));
    }
  }

  function mergeExtension(urn: string, value: unknown, verb: Verb): void {
    if (isObject(value)) merge(value, verb, urn);
    else if (value === null || value === '') delete resource[urn];
    else throw invalidValue('An extension is an object with attributes.');
  }

  /** Custom attributes are text; anything else that a mapping may send is kept as JSON text would be. */
  const custom = ({ extension }: AttributePath, value: unknown): unknown =>
    extension !== undefined && !type.extensions.some(({ id }) => id === extension) && typeof value === 'number' ? String(value) : value;

  const removeExtension = (urn: string): void => {
    delete resource[urn];
  };

  change({ set, remove, merge, mergeExtension, removeExtension, passOver });
  return { resource, ignored };
}

export interface Draft {
  set(verb: Verb, target: Target, value: unknown): void;
  remove(target: Target, value: unknown): void;
  merge(values: object, verb: Verb): void;
  mergeExtension(urn: string, value: unknown, verb: Verb): void;
  removeExtension(urn: string): void;
  passOver(name: string): void;
}

const orNothing = (elements: Json[]): Json[] | undefined => (elements.length > 0 ? elements : undefined);

function withPart(one: JsonObject | undefined, { name }: Attribute, value: Json | undefined): JsonObject | undefined {
  const changed = { ...one };
  if (value === undefined) delete changed[name];
  else changed[name] = value;
  return Object.keys(changed).length > 0 ? changed : undefined;
}

/** An element of which nothing is left but what the filter asked for says nothing any more. */
const kept = (one: JsonObject | undefined, seed: JsonObject): JsonObject | undefined =>
  one && Object.keys(one).some((name) => !Object.hasOwn(seed, name) && name !== 'primary' && name !== 'type') ? one : undefined;

/** The element that a filter describes: `type eq "work" and primary eq "True"` → `{type: "work", primary: true}`. */
function equalities(filter: Filter): JsonObject {
  if (filter.op === 'and') return Object.assign({}, ...filter.terms.map(equalities)) as JsonObject;
  if (filter.op !== 'eq' || filter.value === null) return {};
  const value = readValue(filter.path.attribute, filter.value, () => {});
  return value === undefined ? {} : { [filter.path.attribute.name]: value };
}

/** Elements are one when they are equal, or have one `value` and one `type`. */
const identity = (element: Json): string =>
  isObject(element) && element.value !== undefined ? JSON.stringify([element.value, element.type ?? null]) : JSON.stringify(element);

function union(elements: Json[], added: Json | undefined): Json[] | undefined {
  if (added === undefined) return orNothing(elements);
  const all = [...elements];
  let chosen: Json | undefined;
  for (const element of added as Json[]) {
    const at = all.findIndex((existing) => identity(existing) === identity(element));
    if (at < 0) all.push(element);
    else all[at] = isObject(all[at]) && isObject(element) ? { ...(all[at] as JsonObject), ...(element as JsonObject) } : element;
    const one = all[at < 0 ? all.length - 1 : at] as Json;
    if (isObject(one) && one.primary === true && isObject(element) && element.primary === true) chosen = one;
  }
  return onePrimary(all, chosen);
}

/** Whether an element has everything that `wanted` names. */
const covers = (element: Json, wanted: Json): boolean =>
  isObject(element) && isObject(wanted)
    ? Object.entries(wanted).every(([name, value]) => own(element, name) === value)
    : element === wanted;

/** `schemas` says which extensions have values (RFC 7643, 3). */
export const withSchemas = (type: ResourceType, { schemas: _, ...attributes }: JsonObject): JsonObject => ({
  schemas: [type.schema.id, ...Object.keys(attributes).filter((name) => name.startsWith('urn:'))],
  ...attributes,
});
