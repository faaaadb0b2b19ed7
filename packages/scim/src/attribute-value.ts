import type { Attribute } from './attributes.ts';
import { normalised } from './entra-dialect.ts';
import { assertJsonShape } from './json-limits.ts';
import { isObject } from './own.ts';
import { invalidValue } from './scim-error.ts';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** Takes the names of what was sent and is not stored. */
export type PassOver = (name: string) => void;

const mostValues = 200;

/** What null, "" and [] say (RFC 7643, 2.5; Entra's SCIM_Null_Update test). */
export const isUnassigned = (value: unknown): value is null | undefined | '' | [] =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/**
 * A value as it is stored: canonical names, the type that the table says, otherwise as it came, byte for byte. Undefined: unassigned. Throws
 * 400 invalidValue for another type.
 */
export function readValue(attribute: Attribute, given: unknown, passOver: PassOver): Json | undefined {
  const value = normalised(attribute, given);
  if (isUnassigned(value)) return undefined;
  if (!attribute.multiValued) return readSingle(attribute, value, passOver);
  const elements = (Array.isArray(value) ? value : [value]).flatMap((element) => readElement(attribute, element, passOver) ?? []);
  assertFew(attribute, elements);
  return elements.length > 0 ? onePrimary(elements) : undefined;
}

export function assertFew(attribute: Attribute, elements: readonly Json[]): void {
  if (elements.length > mostValues) throw invalidValue(`${attribute.name} has at most ${mostValues} values.`);
}

function readSingle(attribute: Attribute, value: unknown, passOver: PassOver): Json | undefined {
  switch (attribute.type) {
    case 'any':
      assertJsonShape(value);
      return value as Json;
    case 'complex':
      return readParts(attribute, value, passOver);
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw invalidValue(`${attribute.name} is true or false.`);
    case 'integer':
      if (Number.isSafeInteger(value)) return value as number;
      throw invalidValue(`${attribute.name} is a whole number.`);
    case 'decimal':
      if (typeof value === 'number') return value;
      throw invalidValue(`${attribute.name} is a number.`);
    case 'dateTime':
      if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return value;
      throw invalidValue(`${attribute.name} is a date and time, such as 2026-01-31T09:00:00Z.`);
    default:
      if (typeof value === 'string') return value;
      throw invalidValue(`${attribute.name} is a string.`);
  }
}

/** A complex value: the sub-attributes of `value` over those of `before`; an unassigned one goes. Undefined where none is left. */
export function readParts(attribute: Attribute, value: unknown, passOver: PassOver, before: JsonObject = {}): JsonObject | undefined {
  if (!isObject(value)) throw invalidValue(`${attribute.name} is an object with sub-attributes.`);
  const parts: JsonObject = { ...before };
  for (const [name, given] of Object.entries(value)) {
    const sub = attribute.byName.get(name.toLowerCase());
    if (!sub) {
      passOver(`${attribute.name}.${name}`);
      continue;
    }
    if (sub.mutability === 'readOnly') continue;
    const read = readValue(sub, given, passOver);
    if (read === undefined) delete parts[sub.name];
    else parts[sub.name] = read;
  }
  return Object.keys(parts).length > 0 ? parts : undefined;
}

/** A bare string among complex elements is its `value`. `{type, value: null}` says nothing and is none. */
function readElement(attribute: Attribute, element: unknown, passOver: PassOver): Json | undefined {
  if (isUnassigned(element)) return undefined;
  const bare = attribute.type === 'complex' && typeof element === 'string' && attribute.byName.has('value');
  const read = readSingle(attribute, bare ? { value: element } : element, passOver);
  const emptied = isObject(element) && Object.values(element).some((part) => part === null || part === '');
  return emptied && isObject(read) && !saysAnything(read) ? undefined : read;
}

/** Whether an element has more than what sorts it among others. */
export const saysAnything = (element: object): boolean => Object.keys(element).some((name) => name !== 'type' && name !== 'primary');

/** At most one element is primary (RFC 7643, 2.4): the first that says so, unless `chosen` was set just now. */
export function onePrimary(elements: Json[], chosen?: Json): Json[] {
  const isPrimary = (element: Json | undefined) => isObject(element) && element.primary === true;
  const primary = isPrimary(chosen) ? chosen : elements.find(isPrimary);
  if (primary === undefined) return elements;
  return elements.map((element) => (element !== primary && isPrimary(element) ? { ...(element as JsonObject), primary: false } : element));
}
