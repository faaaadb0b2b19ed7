/** Schema URNs (RFC 7643, 3 and 4). */
export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

export const managerTarget = `${enterpriseSchema}:manager`;

/** Where Entra's default attribute mapping of a non-gallery app writes to, `active` and `manager` apart. */
export const targets = [
  'userName',
  'externalId',
  'displayName',
  'title',
  'preferredLanguage',
  'name.givenName',
  'name.familyName',
  'name.formatted',
  'emails[type eq "work"].value',
  'addresses[type eq "work"].formatted',
  'addresses[type eq "work"].streetAddress',
  'addresses[type eq "work"].locality',
  'addresses[type eq "work"].region',
  'addresses[type eq "work"].postalCode',
  'addresses[type eq "work"].country',
  'phoneNumbers[type eq "work"].value',
  'phoneNumbers[type eq "mobile"].value',
  'phoneNumbers[type eq "fax"].value',
  `${enterpriseSchema}:employeeNumber`,
  `${enterpriseSchema}:department`,
] as const;
export type Target = (typeof targets)[number];

/** A person's mapped values. A target without a value is absent. */
export type Attributes = Partial<Record<Target, string>>;

type Json = Record<string, unknown>;
const filtered = /^(\w+)\[type eq "(\w+)"\]\.(\w+)$/;
const inExtension = (target: string): boolean => target.startsWith(`${enterpriseSchema}:`);

/** True for a target inside an element of a multi-valued attribute: the flagged dialect sends each of these as its own operation. */
export const isFiltered = (target: string): boolean => filtered.test(target);

function child(parent: Json, name: string): Json {
  parent[name] ??= {};
  return parent[name] as Json;
}

/** Writes one mapped value into a resource being built. `primary` is set on the first element of each list, as Entra does. */
export function writeTarget(resource: Json, target: string, value: unknown): void {
  const match = filtered.exec(target);
  if (match) {
    const [, list, type, part] = match as unknown as [string, string, string, string];
    resource[list] ??= [];
    const elements = resource[list] as Json[];
    const element = elements.find((entry) => entry.type === type) ?? { type, ...(elements.length === 0 && { primary: true }) };
    if (!elements.includes(element)) elements.push(element);
    element[part] = value;
  } else if (inExtension(target)) {
    child(resource, enterpriseSchema)[target.slice(enterpriseSchema.length + 1)] = value;
  } else {
    const [outer, inner] = target.split('.') as [string, string?];
    if (inner) child(resource, outer)[inner] = value;
    else resource[outer] = value;
  }
}

/** Reads one mapped value from a resource that an edge returned. Undefined where any step of the way is missing. */
export function readTarget(resource: unknown, target: string): unknown {
  const at = (value: unknown, name: string): unknown =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Json)[name] : undefined;
  const match = filtered.exec(target);
  if (match) {
    const list = at(resource, match[1]!);
    return Array.isArray(list)
      ? at(
          list.find((entry) => at(entry, 'type') === match[2]),
          match[3]!,
        )
      : undefined;
  }
  const extended = inExtension(target);
  const path = extended ? target.slice(enterpriseSchema.length + 1) : target;
  return path.split('.').reduce<unknown>(at, extended ? at(resource, enterpriseSchema) : resource);
}
