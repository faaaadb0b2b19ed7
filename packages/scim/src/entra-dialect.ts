import type { Attribute } from './attributes.ts';
import { isObject } from './own.ts';

/**
 * What Entra writes differently from the RFC, made ordinary before the attribute's type is looked at: booleans as strings, a manager as a
 * bare id, roles as JSON in a string (Entra: application-provisioning-config-problem-scim-compatibility, customize-application-attributes).
 */
export function normalised(attribute: Attribute, value: unknown): unknown {
  if (attribute.type === 'boolean' && typeof value === 'string' && /^\s*(true|false)\s*$/i.test(value))
    return value.trim().toLowerCase() === 'true';
  if (attribute.name === 'manager') return managerOf(value);
  if (attribute.name === 'roles') return (Array.isArray(value) ? value : [value]).map(roleOf);
  return value;
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
  if (!isObject(inner) || typeof inner.value !== 'string') return role;
  const display = typeof inner.displayName === 'string' ? { display: inner.displayName } : {};
  return { ...(isObject(role) ? role : {}), value: inner.value, ...display };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
