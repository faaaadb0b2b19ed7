/**
 * The one attribute table (RFC 7643, 4.1, 4.2, 4.3, 7 and 8.7). Reading, filter, PATCH, projection and discovery all read it, so what is
 * announced is what is done. Names are found without regard to case (RFC 7643, 2.1).
 */
export type AttributeType =
  | 'string'
  | 'boolean'
  | 'decimal'
  | 'integer'
  | 'dateTime'
  | 'binary'
  | 'reference'
  | 'complex'
  /** JSON as it came: attributes of extensions that this table does not list. */
  | 'any';

export interface Attribute {
  name: string;
  type: AttributeType;
  multiValued: boolean;
  description: string;
  required: boolean;
  caseExact: boolean;
  mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
  returned: 'always' | 'never' | 'default' | 'request';
  uniqueness: 'none' | 'server' | 'global';
  canonicalValues?: readonly string[];
  referenceTypes?: readonly string[];
  subAttributes: readonly Attribute[];
  /** Sub-attributes by lower-case name. */
  byName: ReadonlyMap<string, Attribute>;
}

export interface Schema {
  id: string;
  name: string;
  description: string;
  attributes: readonly Attribute[];
  byName: ReadonlyMap<string, Attribute>;
  /** Its id and what clients write in its place, in lower case. */
  spellings: readonly string[];
  /** Some attribute is not returned by itself. */
  hides: boolean;
  /** Some attribute is immutable. */
  setsOnce: boolean;
}

export interface ResourceType {
  name: 'User' | 'Group';
  /** With a leading slash. */
  endpoint: '/Users' | '/Groups';
  description: string;
  schema: Schema;
  extensions: readonly Schema[];
}

export type ResourceTypes = Record<'User' | 'Group', ResourceType>;

type Given = Partial<Omit<Attribute, 'name' | 'subAttributes' | 'byName'>> & { sub?: readonly Attribute[] };

const indexed = (attributes: readonly Attribute[]): ReadonlyMap<string, Attribute> =>
  new Map(attributes.map((attribute) => [attribute.name.toLowerCase(), attribute]));

/** An attribute with the defaults of RFC 7643, 2.2. */
export function attribute(name: string, description: string, { sub = [], ...given }: Given = {}): Attribute {
  return {
    name,
    description,
    type: sub.length > 0 ? 'complex' : 'string',
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    subAttributes: sub,
    byName: indexed(sub),
    ...given,
  };
}

export const hides = ({ returned, subAttributes }: Attribute): boolean =>
  returned === 'never' || returned === 'request' || subAttributes.some(hides);
const setsOnce = ({ mutability, subAttributes }: Attribute): boolean => mutability === 'immutable' || subAttributes.some(setsOnce);

/** A sample of Entra's has `…2.0User`; templates of SCIM 1.1 have its URN. */
export const schema = (id: string, name: string, description: string, attributes: readonly Attribute[], scim11?: string): Schema => ({
  id,
  name,
  description,
  attributes,
  byName: indexed(attributes),
  hides: attributes.some(hides),
  setsOnce: attributes.some(setsOnce),
  spellings: [id, id.replace(/:(\w+)$/, '$1'), scim11].flatMap((spelling) => spelling?.toLowerCase() ?? []),
});

/** A multi-valued attribute's usual sub-attributes (RFC 7643, 2.4). */
const plural = (what: string, types: readonly string[], value: Given = {}): Attribute[] => [
  attribute('value', what, value),
  attribute('display', 'A name to show', {}),
  attribute('type', 'What kind it is', types.length > 0 ? { canonicalValues: types } : {}),
  attribute('primary', 'True for the preferred one; at most one is', { type: 'boolean' }),
];

/** Every resource has it (RFC 7643, 3.1). Listed with each schema, since Entra's validator looks there for whatever is mapped. */
const externalId = attribute('externalId', 'The caller’s own id', { caseExact: true });

const userAttributes = [
  attribute('userName', 'What the user signs in with; one of its kind in a tenant, whatever the case', {
    required: true,
    uniqueness: 'server',
  }),
  externalId,
  attribute('name', 'The parts of the name', {
    sub: [
      attribute('formatted', 'The whole name, to be shown'),
      attribute('familyName', 'Last name'),
      attribute('givenName', 'First name'),
      attribute('middleName', 'Middle names'),
      attribute('honorificPrefix', 'Title before the name'),
      attribute('honorificSuffix', 'Title after the name'),
    ],
  }),
  attribute('displayName', 'The name to show'),
  attribute('nickName', 'A casual name'),
  attribute('profileUrl', 'A page about the user', { type: 'reference', referenceTypes: ['external'] }),
  attribute('title', 'Job title'),
  attribute('userType', 'Relation to the company'),
  attribute('preferredLanguage', 'Languages, as in Accept-Language'),
  attribute('locale', 'Locale, such as en-GB'),
  attribute('timezone', 'Time zone, such as Europe/London'),
  attribute('active', 'False archives the profile in Claras', { type: 'boolean' }),
  attribute('emails', 'E-mail addresses', { multiValued: true, sub: plural('An address', ['work', 'home', 'other']) }),
  attribute('phoneNumbers', 'Phone numbers', {
    multiValued: true,
    sub: plural('A number', ['work', 'home', 'mobile', 'fax', 'pager', 'other']),
  }),
  attribute('ims', 'Instant messaging addresses', { multiValued: true, sub: plural('An address', []) }),
  attribute('photos', 'Pictures', {
    multiValued: true,
    sub: plural('Where the picture is', ['photo', 'thumbnail'], { type: 'reference', referenceTypes: ['external'], caseExact: true }),
  }),
  attribute('addresses', 'Postal addresses', {
    multiValued: true,
    sub: [
      attribute('formatted', 'The whole address, to be shown'),
      attribute('streetAddress', 'Street and number'),
      attribute('locality', 'City'),
      attribute('region', 'State or region'),
      attribute('postalCode', 'Postal code'),
      attribute('country', 'Country'),
      attribute('type', 'What kind it is', { canonicalValues: ['work', 'home', 'other'] }),
      attribute('primary', 'True for the preferred one; at most one is', { type: 'boolean' }),
    ],
  }),
  attribute('groups', 'Groups that the user is a direct member of; changed through the group', {
    multiValued: true,
    mutability: 'readOnly',
    sub: [
      attribute('value', 'Id of the group', { mutability: 'readOnly', caseExact: true }),
      attribute('$ref', 'Where the group is', { type: 'reference', referenceTypes: ['Group'], mutability: 'readOnly', caseExact: true }),
      attribute('display', 'Name of the group', { mutability: 'readOnly' }),
      attribute('type', 'direct', { mutability: 'readOnly', canonicalValues: ['direct'] }),
    ],
  }),
  attribute('entitlements', 'What the user is entitled to', { multiValued: true, sub: plural('An entitlement', []) }),
  attribute('roles', 'Roles as the identity provider calls them; they give no role in Claras', {
    multiValued: true,
    sub: plural('A role', []),
  }),
  attribute('x509Certificates', 'Certificates', {
    multiValued: true,
    sub: plural('A DER certificate in base64', [], { type: 'binary', caseExact: true }),
  }),
];

const enterpriseAttributes = [
  attribute('employeeNumber', 'Number of the employee'),
  attribute('costCenter', 'Cost centre'),
  attribute('organization', 'Organisation'),
  attribute('division', 'Division'),
  attribute('department', 'Department'),
  attribute('manager', 'Who the user reports to', {
    sub: [
      attribute('value', 'Id of the manager', { caseExact: true }),
      attribute('$ref', 'Where the manager is', { type: 'reference', referenceTypes: ['User'], caseExact: true }),
      attribute('displayName', 'Name of the manager', { mutability: 'readOnly' }),
    ],
  }),
];

const groupAttributes = [
  attribute('displayName', 'Name of the group; one of its kind in a tenant, whatever the case', { required: true, uniqueness: 'server' }),
  externalId,
  attribute('members', 'Users in the group', {
    multiValued: true,
    sub: [
      attribute('value', 'Id of the user', { mutability: 'immutable', caseExact: true }),
      attribute('$ref', 'Where the user is', { type: 'reference', referenceTypes: ['User'], mutability: 'immutable', caseExact: true }),
      attribute('type', 'User', { mutability: 'immutable', canonicalValues: ['User'] }),
      attribute('display', 'Name of the user', { mutability: 'readOnly' }),
    ],
  }),
];

/** RFC 7643, 3 and 3.1: every resource has them, and no schema lists them. */
const common = [
  attribute('id', 'Given by this service', { caseExact: true, mutability: 'readOnly', returned: 'always', uniqueness: 'server' }),
  attribute('schemas', 'Schemas of the resource', { type: 'reference', multiValued: true, caseExact: true, returned: 'always' }),
  attribute('meta', 'About the resource', {
    mutability: 'readOnly',
    sub: [
      attribute('resourceType', 'User or Group', { mutability: 'readOnly', caseExact: true }),
      attribute('created', 'When it was made', { type: 'dateTime', mutability: 'readOnly' }),
      attribute('lastModified', 'When it was changed last', { type: 'dateTime', mutability: 'readOnly' }),
      attribute('location', 'Where it is', { type: 'reference', mutability: 'readOnly', caseExact: true }),
      attribute('version', 'Its ETag', { mutability: 'readOnly', caseExact: true }),
    ],
  }),
];
const commonByName = indexed(common);

export const coreUser = schema(
  'urn:ietf:params:scim:schemas:core:2.0:User',
  'User',
  'A person',
  userAttributes,
  'urn:scim:schemas:core:1.0',
);
export const coreGroup = schema(
  'urn:ietf:params:scim:schemas:core:2.0:Group',
  'Group',
  'Users with a common name',
  groupAttributes,
  'urn:scim:schemas:core:1.0',
);
export const enterpriseUser = schema(
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  'EnterpriseUser',
  'A person in a company',
  enterpriseAttributes,
  'urn:scim:schemas:extension:enterprise:1.0',
);

/** What every tenant has; see schema-extension.ts for what one has of its own. */
export const resourceTypes: ResourceTypes = {
  User: { name: 'User', endpoint: '/Users', description: 'A person', schema: coreUser, extensions: [enterpriseUser] },
  Group: { name: 'Group', endpoint: '/Groups', description: 'Users with a common name', schema: coreGroup, extensions: [] },
};

/** An attribute of the resource type's own schema, or one that every resource has. Any case. */
export const attributeOf = (type: ResourceType, name: string): Attribute | undefined =>
  type.schema.byName.get(name.toLowerCase()) ?? commonByName.get(name.toLowerCase());
