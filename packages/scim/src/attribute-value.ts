import type { Attribute } from './attributes.ts';
import { normalised } from './entra-dialect.ts';
import { isObject } from './own.ts';
import { invalidValue } from './scim-error.ts';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** Names of what was sent and no schema has. */
export type PassOver = (name: string) => void;

/**
 * A value as it is stored: canonical names, the type that the table says, otherwise as it came, byte for byte. Undefined: unassigned, which
 * is how null, "" and [] are read (RFC 7643, 2.5; Entra's SCIM_Null_Update test). Throws 400 invalidValue for another type.
 */
export function readValue(attribute: Attribute, given: unknown, passOver: PassOver): Json | undefined {
  const value = normalised(attribute, given);
  if (value === null || value === undefined || value === '') return undefined;
  if (!attribute.multiValued) return readSingle(attribute, value, passOver);
  const elements = (Array.isArray(value) ? value : [value]).flatMap((element) => readElement(attribute, element, passOver) ?? []);
  return elements.length > 0 ? onePrimary(elements) : undefined;
}

function readSingle(attribute: Attribute, value: unknown, passOver: PassOver): Json | undefined {
  if (Array.isArray(value) && value.length === 0) return undefined;
  switch (attribute.type) {
    case 'complex':
      return readComplex(attribute, value, passOver);
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw invalidValue(`${attribute.name} is true or false.`);
    case 'integer':
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

function readComplex(attribute: Attribute, value: unknown, passOver: PassOver): JsonObject | undefined {
  if (!isObject(value)) throw invalidValue(`${attribute.name} is an object with sub-attributes.`);
  const found: JsonObject = {};
  for (const [name, part] of Object.entries(value)) {
    const sub = attribute.byName.get(name.toLowerCase());
    if (!sub) {
      passOver(`${attribute.name}.${name}`);
      continue;
    }
    if (sub.mutability === 'readOnly') continue;
    const read = readValue(sub, part, passOver);
    if (read !== undefined) found[sub.name] = read;
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

/** A bare string among complex elements is its `value`. */
function readElement(attribute: Attribute, element: unknown, passOver: PassOver): Json | undefined {
  if (element === null || element === undefined || element === '') return undefined;
  const bare = attribute.type === 'complex' && typeof element === 'string' && attribute.byName.has('value');
  return readSingle(attribute, bare ? { value: element } : element, passOver);
}

/** At most one element is primary (RFC 7643, 2.4): the first that says so, unless `chosen` was set just now. */
export function onePrimary(elements: Json[], chosen?: Json): Json[] {
  const primary = chosen ?? elements.find((element) => isObject(element) && element.primary === true);
  if (primary === undefined || !isObject(primary) || primary.primary !== true) return elements;
  return elements.map((element) =>
    element !== primary && isObject(element) && element.primary === true ? { ...element, primary: false } : element,
  );
}
