/** A property of one's own, never one that a prototype has; undefined for what is no object. */
export const own = (value: unknown, name: string): unknown =>
  value !== null && typeof value === 'object' && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;

/** The same under the name in any case, given in lower case: names are case-insensitive in SCIM (RFC 7643, 2.1). */
export function ownInAnyCase(value: object, lowerName: string): unknown {
  const key = Object.keys(value).find((name) => name.toLowerCase() === lowerName);
  return key === undefined ? undefined : own(value, key);
}

/** The value's own spelling of a name, or the name as it is where it has none. */
export const spelledIn = (value: object, name: string): string => {
  if (Object.hasOwn(value, name)) return name;
  const lower = name.toLowerCase();
  return Object.keys(value).find((key) => key.toLowerCase() === lower) ?? name;
};

/** What a resource has of an extension: schema URIs are compared without case, so one extension never has two containers. */
export const containerIn = (resource: object, urn: string): unknown => own(resource, spelledIn(resource, urn));

/** A JSON object, not an array. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
