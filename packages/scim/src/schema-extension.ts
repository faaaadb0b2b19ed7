import {
  type Attribute,
  type AttributeType,
  attribute,
  type ResourceType,
  type ResourceTypes,
  resourceTypes,
  type Schema,
  schema,
} from './attributes.ts';

/** A schema as /Schemas shows it and as a tenant registers it (RFC 7643, 7). What is left out has the RFC's default. */
export interface SchemaDefinition {
  id: string;
  name: string;
  description?: string;
  attributes: readonly AttributeDefinition[];
}

export interface AttributeDefinition {
  name: string;
  type?: Exclude<AttributeType, 'any'>;
  description?: string;
  multiValued?: boolean;
  /** Never: a mapping that leaves it out would stop everybody’s provisioning. */
  required?: false;
  caseExact?: boolean;
  mutability?: 'readWrite' | 'immutable' | 'writeOnly';
  returned?: 'default' | 'request' | 'never';
  uniqueness?: 'none';
  canonicalValues?: readonly string[];
  referenceTypes?: readonly string[];
  subAttributes?: readonly AttributeDefinition[];
}

/** An extension of users or of groups that one tenant has. */
export interface SchemaExtension {
  resourceType: 'User' | 'Group';
  schema: SchemaDefinition;
}

/** Entra takes custom attributes in one form only: `urn:ietf:params:scim:schemas:extension:NAME:2.0:User:ATTRIBUTE`. */
const reservedUrn = /^urn:(?:scim:|ietf:(?!params:scim:schemas:extension:(?!enterprise(?::|$))))/i;

/** Why an extension can't be registered beside those of the tenant; undefined where it can. */
export function extensionProblem({ schema: { id, attributes } }: SchemaExtension, others: readonly SchemaExtension[]): string | undefined {
  if (!/^urn:[a-z0-9][a-z0-9-]{1,30}:[^\s"[\]]+$/i.test(id))
    return 'The id of a schema is a URN, such as urn:example:scim:advice:2.0:User.';
  if (reservedUrn.test(id))
    return 'The id of a schema of your own does not begin with urn:ietf: or urn:scim:, but for urn:ietf:params:scim:schemas:extension:NAME:2.0:User.';
  if (/[:.]$/.test(id)) return 'The id of a schema ends in a name.';
  // A path is `URN:attribute`: with one URN at the head of another it could be read in two ways.
  const rival = others.find(({ schema: other }) => isHeadOf(other.id, id) || isHeadOf(id, other.id));
  if (rival) return `The id of a schema is not the beginning of another’s: ${rival.schema.id}.`;
  return attributesProblem(attributes, '');
}

const isHeadOf = (head: string, urn: string): boolean => `${urn}:`.toLowerCase().startsWith(`${head}:`.toLowerCase());

function attributesProblem(attributes: readonly AttributeDefinition[], parent: string): string | undefined {
  const names = new Set<string>();
  for (const one of attributes) {
    const name = `${parent}${one.name}`;
    if (['constructor', 'prototype', '__proto__'].includes(one.name)) return `${name} can’t be the name of an attribute.`;
    if (names.has(one.name.toLowerCase())) return `${name} is there twice; names are one in any case.`;
    names.add(one.name.toLowerCase());
    const parts = one.subAttributes ?? [];
    if ((one.type === 'complex') !== parts.length > 0) return `${name}: complex attributes, and no others, have subAttributes.`;
    if (parts.length > 0 && parent !== '') return `${name}: a sub-attribute has no sub-attributes.`;
    if (one.mutability === 'writeOnly' && one.returned !== 'never') return `${name}: what is writeOnly is returned never.`;
    const inside = attributesProblem(parts, `${name}.`);
    if (inside) return inside;
  }
  return undefined;
}

const described = ({ name, description = '', subAttributes = [], ...given }: AttributeDefinition): Attribute =>
  attribute(name, description, { ...given, sub: subAttributes.map(described) });

const schemaOf = ({ id, name, description = '', attributes }: SchemaDefinition): Schema =>
  schema(id, name, description, attributes.map(described));

/** The resource types of a tenant: what everyone has, with its own extensions. */
export function resourceTypesWith(extensions: readonly SchemaExtension[]): ResourceTypes {
  if (extensions.length === 0) return resourceTypes;
  const withOwn = (type: ResourceType): ResourceType => {
    const own = extensions.filter(({ resourceType }) => resourceType === type.name);
    return { ...type, extensions: [...type.extensions, ...own.map((extension) => schemaOf(extension.schema))] };
  };
  return { User: withOwn(resourceTypes.User), Group: withOwn(resourceTypes.Group) };
}
