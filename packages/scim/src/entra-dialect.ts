import type { Attribute } from './attributes.ts';
import { isObject } from './own.ts';

/**
 * What Entra writes differently from the RFC, made ordinary before the attribute's type is looked at: booleans and numbers as strings, a manager as a
 * bare id, roles as JSON in a string (Entra: application-provisioning-config-problem-scim-compatibility, customize-application-attributes).
 */
export function normalised({ type, multiValued, name }: Attribute, value: unknown): unknown {
  if (type === 'any') return value;
  if (type === 'complex') {
    if (name === 'manager') return managerOf(value);
    return name === 'roles' ? (Array.isArray(value) ? value : [value]).map(roleOf) : value;
  }
  const one = multiValued ? value : scalarOf(value);
  if (typeof one !== 'string') return one;
  if (type === 'boolean') return /^\s*(true|false)\s*$/i.test(one) ? one.trim().toLowerCase() === 'true' : one;
  return (type === 'integer' || type === 'decimal') && /^\s*-?\d{1,15}(\.\d{1,15})?\s*$/.test(one) ? Number(one) : one;
}

/** `[{"$ref": null, "value": "x"}]` for a single value. */
function scalarOf(value: unknown): unknown {
  if (!Array.isArray(value) || value.length !== 1) return value;
  const [only] = value;
  return isObject(only) && Object.hasOwn(only, 'value') ? only.value : value;
}

/** A string, `{value}`, or an array of one; `{"value": ""}` means none. */
function managerOf(value: unknown): unknown {
  const one = Array.isArray(value) ? value[0] : value;
  if (typeof one === 'string') return one === '' ? null : { value: one };
  return isObject(one) && (one.value === '' || one.value === null) ? null : one;
}

/** `{"value": "{\"id\": …, \"value\": \"Admin\", \"displayName\": \"Admin\"}"}` and the same without the object around it. */
function roleOf(role: unknown): unknown {
  const text = isObject(role) ? role.value : role;
  if (typeof text !== 'string' || !text.trimStart().startsWith('{')) return role;
  const inner = parsed(text);
  if (!isObject(inner)) return role;
  const display = typeof inner.displayName === 'string' ? { display: inner.displayName } : {};
  const value = inner.value ?? display.display;
  return typeof value === 'string' ? { ...(isObject(role) ? role : {}), value, ...display } : role;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
