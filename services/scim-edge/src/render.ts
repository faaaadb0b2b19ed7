import type { Read } from '@claras/directory/resources';
import type { ResourceType } from '@claras/scim/attributes';
import { etag } from '@claras/scim/etag';
import type { Json, Resource } from '@claras/scim/resource';

/** Where the edge stands for the caller, without a trailing slash: `https://claras.ai/api/scim/v2`. */
export type TenantUrl = string;

export const locationOf = ({ endpoint }: Pick<ResourceType, 'endpoint'>, id: string, url: TenantUrl): string => `${url}${endpoint}/${id}`;

/** A resource as it is served: stored attributes with id and meta (RFC 7643, 3.1), and those that are kept elsewhere. */
export function render(type: ResourceType, read: Read, url: TenantUrl, kept: Record<string, Json> = {}): Resource {
  const { schemas, ...attributes } = read.resource;
  return {
    schemas: schemas as Json,
    id: read.id,
    ...attributes,
    ...kept,
    meta: {
      resourceType: type.name,
      created: new Date(read.created).toISOString(),
      lastModified: new Date(read.modified).toISOString(),
      location: locationOf(type, read.id, url),
      version: etag(read.version),
    },
  };
}
