import { resolvePath } from './attribute-path.ts';
import type { Json } from './attribute-value.ts';
import type { ResourceType } from './attributes.ts';
import { type Filter, parseFilter } from './filter.ts';
import { isObject } from './own.ts';
import { type Projection, readProjection } from './projection.ts';
import type { Resource } from './resource.ts';
import { invalidSyntax, invalidValue } from './scim-error.ts';
import type { SortOrder } from './sort.ts';

/** A list request (RFC 7644, 3.4.2). `startIndex` counts from 1. */
export interface ListQuery extends SortOrder {
  filter?: Filter;
  startIndex: number;
  count: number;
  projection: Projection;
}

const defaultCount = 100;
export const mostResults = 1000;

/** Names in any case; unknown ones (`aadOptscim062020`) mean nothing. Throws 400. */
export function readListQuery(type: ResourceType, query: Record<string, unknown>): ListQuery {
  const given = new Map(Object.keys(query).map((name) => [name.toLowerCase(), query[name]]));
  const filter = text(given.get('filter'), 'filter');
  const sortBy = text(given.get('sortby'), 'sortBy');
  return {
    ...(filter === undefined ? {} : { filter: parseFilter(filter, type) }),
    startIndex: Math.max(1, integer(given.get('startindex'), 'startIndex') ?? 1),
    count: Math.min(mostResults, Math.max(0, integer(given.get('count'), 'count') ?? defaultCount)),
    projection: readProjection(query),
    ...sortPath(type, sortBy),
    descending: (text(given.get('sortorder'), 'sortOrder') ?? '').toLowerCase() === 'descending',
  };
}

const searchSchema = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';

/** The body of POST /.search (RFC 7644, 3.4.3): a list request whose names and values stay out of URLs and logs. Throws 400. */
export function readSearchRequest(type: ResourceType, body: unknown): ListQuery {
  const isSearch = (schema: unknown) => String(schema).toLowerCase() === searchSchema.toLowerCase();
  if (!isObject(body) || !Array.isArray(body.schemas) || !body.schemas.some(isSearch))
    throw invalidSyntax(`The body is a search request, with "schemas": ["${searchSchema}"].`);
  const query = Object.entries(body).map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]);
  return readListQuery(type, Object.fromEntries(query));
}

function text(value: unknown, name: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw invalidValue(`${name} may be given once.`);
  return value;
}

function integer(value: unknown, name: string): number | undefined {
  const given = text(value, name);
  if (given === undefined || given === '') return undefined;
  if (!/^[+-]?\d{1,15}$/.test(given)) throw invalidValue(`${name} is a whole number.`);
  return Number(given);
}

/** A name that no schema has asks for no order. */
function sortPath(type: ResourceType, name: string | undefined): Pick<SortOrder, 'sortBy'> {
  const resolved = name ? resolvePath(type, name) : undefined;
  return resolved?.kind === 'attribute' ? { sortBy: resolved.path } : {};
}

const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

export const listResponse = (
  resources: readonly Resource[],
  { totalResults, startIndex }: { totalResults: number; startIndex: number },
) => ({
  schemas: [listSchema] as Json,
  totalResults,
  startIndex,
  itemsPerPage: resources.length,
  Resources: resources,
});
