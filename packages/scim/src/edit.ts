import { isMembers } from './attribute-path.ts';
import { isUnassigned, type Json, type JsonObject, readParts, readValue } from './attribute-value.ts';
import type { Attribute, ResourceType } from './attributes.ts';
import { type Document, openDocument } from './document.ts';
import { elementPicker, type Picker, removePicked, setPicked } from './edit-elements.ts';
import { leftOf, union, without, withPart } from './elements.ts';
import { normalised } from './entra-dialect.ts';
import { isObject, ownInAnyCase } from './own.ts';
import { parseKey, type Target } from './patch-path.ts';
import { invalidValue } from './scim-error.ts';

export type Verb = 'add' | 'replace';

/** What can be done to a resource: the vocabulary of POST, PUT and PATCH. */
export interface Draft {
  set(verb: Verb, target: Target, value: unknown): void;
  remove(target: Target, value: unknown): void;
  /** An object whose keys are paths: plain, dotted or with a URN; nested objects merge (Entra's pathless PATCH; POST and PUT). */
  merge(values: object, verb: Verb): void;
  mergeExtension(urn: string, value: unknown, verb: Verb): void;
  dropExtension(urn: string): void;
  passOver(name: string): void;
}

/** Changes to a copy of a resource, which is given back; the input stays as it is. `ignored`: names of what was sent and is not stored. */
export function edit(type: ResourceType, before: JsonObject, change: (draft: Draft) => void): { resource: JsonObject; ignored: string[] } {
  const document = openDocument(before);
  const picker = elementPicker();

  function merge(values: object, verb: Verb, extension?: string): void {
    for (const [key, value] of Object.entries(values)) {
      const name = extension === undefined ? key : `${extension}:${key}`;
      const path = parseKey(type, name, values);
      if (path.kind === 'unknown') document.passOver(path.text);
      else if (path.kind === 'extension') mergeExtension(path.urn, value, verb);
      else if (path.kind === 'core') isObject(value) ? merge(value, verb) : document.passOver(name);
      else if (!isKeptElsewhere(path.target)) set(document, picker, verb, path.target, value);
    }
  }

  function mergeExtension(urn: string, value: unknown, verb: Verb): void {
    if (isObject(value)) return merge(value, verb, urn);
    if (!isUnassigned(value)) throw invalidValue('An extension is an object with attributes.');
    document.dropExtension(urn);
  }

  change({
    set: (verb, target, value) => set(document, picker, verb, target, value),
    remove: (target, value) => remove(document, picker, target, value),
    merge,
    mergeExtension,
    dropExtension: document.dropExtension,
    passOver: document.passOver,
  });
  return document.close();
}

/** What a body may carry and does not set: id, meta and groups (RFC 7644, 3.5.1), `schemas`, and members, which live in an index. */
const isKeptElsewhere = (target: Target): boolean =>
  isMembers(target) ||
  (target.extension === undefined && (target.attribute.mutability === 'readOnly' || target.attribute.name === 'schemas'));

function set(document: Document, picker: Picker, verb: Verb, target: Target, value: unknown): void {
  const { attribute, sub } = target;
  if (sub?.mutability === 'readOnly') return document.passOver(`${attribute.name}.${sub.name}`);
  if (target.element) return setPicked(document, picker, verb, target, value);
  if (sub) return setSub(document, target, sub, readValue(sub, value, document.passOver));
  if (attribute.type === 'complex' && !attribute.multiValued) return setComplex(document, target, value);
  const read = readValue(attribute, value, document.passOver);
  if (Array.isArray(read) && attribute.multiValued) {
    const before = verb === 'replace' ? [] : document.elementsAt(target);
    return document.putElements(target, union(attribute, before, read)); // no value twice (RFC 7643, 2.4)
  }
  if (verb === 'replace' || !attribute.multiValued) document.put(target, read);
}

const refersToSomeone = ({ byName }: Attribute): boolean => byName.has('$ref');

/** The sub-attributes that are given, over those that are there. A reference to someone else leaves nothing of the one before. */
function setComplex(document: Document, target: Target, value: unknown): void {
  const { attribute } = target;
  const given = normalised(attribute, value);
  if (isUnassigned(given)) return document.put(target, undefined);
  const isAnother = isObject(given) && refersToSomeone(attribute) && ownInAnyCase(given, 'value') !== undefined;
  document.put(target, readParts(attribute, given, document.passOver, isAnother ? undefined : document.objectAt(target)));
}

/** `name.givenName`, and `emails.type` of every element there is. */
function setSub(document: Document, target: Target, sub: Attribute, value: Json | undefined): void {
  if (!target.attribute.multiValued) {
    const refersToNobody = value === undefined && sub.name === 'value' && refersToSomeone(target.attribute);
    return document.put(target, refersToNobody ? undefined : withPart(document.objectAt(target), sub, value));
  }
  const elements = document.elementsAt(target);
  const changed = (elements.length > 0 ? elements : [{}]).map((one) => withPart(one as JsonObject, sub, value));
  document.putElements(target, value === undefined ? changed.map(leftOf) : changed);
}

/** Without a value: the attribute, sub-attribute or picked elements. With one: those elements that it names, and never more. */
function remove(document: Document, picker: Picker, target: Target, value: unknown): void {
  const { attribute, sub } = target;
  if (sub?.mutability === 'readOnly') return document.passOver(`${attribute.name}.${sub.name}`);
  if (target.element) return removePicked(document, picker, target);
  if (sub) return setSub(document, target, sub, undefined);
  if (!attribute.multiValued || value === undefined || value === null) return document.put(target, undefined);
  const named = readValue(attribute, value, document.passOver);
  if (Array.isArray(named)) document.putElements(target, without(attribute, document.elementsAt(target), named));
}
