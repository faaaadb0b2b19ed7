import { hash } from 'node:crypto';
import type { Read } from '@claras/directory/resources';
import type { ResourceType } from '@claras/scim/attributes';
import { etag } from '@claras/scim/etag';
import { isWhole, type Projection, project } from '@claras/scim/projection';
import type { Json, Resource } from '@claras/scim/resource';

/** Where the edge stands for the caller, without a trailing slash: `https://claras.ai/api/scim/v2`. */
export type TenantUrl = string;

export const locationOf = ({ endpoint }: Pick<ResourceType, 'endpoint'>, id: string, url: TenantUrl): string => `${url}${endpoint}/${id}`;

/** A user's groups change with the groups, not with the user's version: whoever asks with If-None-Match must see that they did. */
export const etagOf = ({ version }: Pick<Read, 'version'>, { groups }: Record<string, Json>): string =>
  groups === undefined ? etag(version) : etag(version, hash('sha1', JSON.stringify(groups), 'base64url').slice(0, 10));

function metaOf(type: ResourceType, read: Read, url: TenantUrl, kept: Record<string, Json>) {
  const { id, created, modified } = read;
  const first = new Date(created).toISOString();
  return {
    resourceType: type.name,
    created: first,
    lastModified: modified === created ? first : new Date(modified).toISOString(),
    location: locationOf(type, id, url),
    version: etagOf(read, kept),
  };
}

/** A resource as it is served: stored attributes with id and meta (RFC 7643, 3.1), and those that are kept elsewhere. */
export function render(type: ResourceType, read: Read, url: TenantUrl, kept: Record<string, Json>): Resource {
  const { schemas, ...attributes } = read.resource;
  return { schemas: schemas as Json, id: read.id, ...attributes, ...kept, meta: metaOf(type, read, url, kept) };
}

/** The same as JSON, with the attributes that were asked for. */
export function renderJson(type: ResourceType, read: Read, url: TenantUrl, kept: Record<string, Json>, projection: Projection): string {
  const whole = isWhole(type, projection) ? spliced(type, read, url, kept) : undefined;
  return whole ?? JSON.stringify(project(type, render(type, read, url, kept), projection));
}

/** A stored resource begins with its `schemas`, an array of strings. */
const schemasFirst = /^\{"schemas":\[(?:"(?:[^"\\]|\\.)*",?)*\],/;

/** The stored JSON with what is served around it: nothing is parsed, nothing written anew. Undefined where it is not as expected. */
function spliced(type: ResourceType, read: Read, url: TenantUrl, kept: Record<string, Json>): string | undefined {
  const { json } = read;
  const schemas = schemasFirst.exec(json)?.[0];
  if (!schemas) return undefined;
  let others = '';
  for (const name in kept) others += `${JSON.stringify(name)}:${JSON.stringify(kept[name])},`;
  const attributes = json.slice(schemas.length, -1);
  return `${schemas}"id":${JSON.stringify(read.id)},${attributes},${others}"meta":${JSON.stringify(metaOf(type, read, url, kept))}}`;
}
