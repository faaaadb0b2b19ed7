import type { Json } from './attribute-value.ts';
import type { Attribute, ResourceType, ResourceTypes, Schema } from './attributes.ts';
import { bulkLimits } from './bulk.ts';
import { defaultCount, listResponse, mostResults } from './list-query.ts';
import type { Resource } from './resource.ts';

const schemasOf = (types: ResourceTypes): Schema[] => Object.values(types).flatMap(({ schema, extensions }) => [schema, ...extensions]);
const schemaSchema = 'urn:ietf:params:scim:schemas:core:2.0:Schema';
const typeSchema = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType';

/** RFC 7643, 5. */
export const serviceProviderConfig = (url: string): Resource => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: true, ...bulkLimits },
  filter: { supported: true, maxResults: mostResults },
  changePassword: { supported: false },
  sort: { supported: true },
  // RFC 9865, 4. Cursors do not expire.
  pagination: {
    cursor: true,
    index: true,
    defaultPaginationMethod: 'index',
    defaultPageSize: defaultCount,
    maxPageSize: mostResults,
  },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'API key',
      description: 'A key with the scope scim.full, made in Claras under Settings > API, as the bearer token',
      specUri: 'https://www.rfc-editor.org/info/rfc6750',
      primary: true,
    },
    {
      type: 'oauth2',
      name: 'OAuth 2.0 client credentials',
      description: `An access token from ${url}/oauth2/token: client_id is the id of the tenant, client_secret such a key, or client_assertion of the application in Entra that it trusts`,
      specUri: 'https://www.rfc-editor.org/info/rfc6749',
      primary: false,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${url}/ServiceProviderConfig` },
});

const all = (resources: Resource[]) => listResponse(resources, { totalResults: resources.length, startIndex: 1 });

export const schemas = (types: ResourceTypes, url: string) => all(schemasOf(types).map((schema) => describeSchema(schema, url)));
export const resourceTypesResponse = (types: ResourceTypes, url: string) =>
  all(Object.values(types).map((type) => describeType(type, url)));

export function schemaById(types: ResourceTypes, url: string, id: string): Resource | undefined {
  const schema = schemasOf(types).find((candidate) => candidate.id.toLowerCase() === id.toLowerCase());
  return schema && describeSchema(schema, url);
}

export function resourceTypeByName(types: ResourceTypes, url: string, name: string): Resource | undefined {
  const type = Object.values(types).find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  return type && describeType(type, url);
}

const describeSchema = ({ id, name, description, attributes }: Schema, url: string): Resource => ({
  schemas: [schemaSchema],
  id,
  name,
  description,
  attributes: attributes.map(describeAttribute),
  meta: { resourceType: 'Schema', location: `${url}/Schemas/${id}` },
});

/** RFC 7643, 7. */
function describeAttribute({ byName: _, subAttributes, canonicalValues, referenceTypes, ...attribute }: Attribute): Json {
  return {
    ...attribute,
    ...(canonicalValues ? { canonicalValues: [...canonicalValues] } : {}),
    ...(referenceTypes ? { referenceTypes: [...referenceTypes] } : {}),
    ...(subAttributes.length > 0 ? { subAttributes: subAttributes.map(describeAttribute) } : {}),
  };
}

const describeType = ({ name, endpoint, description, schema, extensions }: ResourceType, url: string): Resource => ({
  schemas: [typeSchema],
  id: name,
  name,
  endpoint,
  description,
  schema: schema.id,
  schemaExtensions: extensions.map(({ id }) => ({ schema: id, required: false })),
  meta: { resourceType: 'ResourceType', location: `${url}/ResourceTypes/${name}` },
});
