import { isSecret, resolvePath } from './attribute-path.ts';
import type { Json } from './attribute-value.ts';
import type { ResourceType } from './attributes.ts';
import { type Cursor, readCursor } from './cursor.ts';
import { type Filter, parseFilter } from './filter.ts';
import { isObject } from './own.ts';
import { type Projection, readProjection } from './projection.ts';
import type { Resource } from './resource.ts';
import { invalidSyntax, invalidValue } from './scim-error.ts';
import type { SortOrder } from './sort.ts';

/** A list request (RFC 7644, 3.4.2). */
export interface ListQuery extends SortOrder {
  filter?: Filter;
  page: Page;
  projection: Projection;
}

/** At most `count` resources: from the place `startIndex` on, counted from 1, or, in a query with a cursor, behind `after` or from the start. */
export type Page = { count: number } & ({ startIndex: number } | { cursor: Cursor | undefined; query: string });

export const defaultCount = 100;
export const mostResults = 1000;

/** Names in any case; unknown ones (`aadOptscim062020`) mean nothing. Throws 400. */
export function readListQuery(type: ResourceType, query: Record<string, unknown>): ListQuery {
  const given = new Map(Object.keys(query).map((name) => [name.toLowerCase(), query[name]]));
  const filter = text(given.get('filter'), 'filter');
  const sortBy = text(given.get('sortby'), 'sortBy');
  const descending = isDescending(text(given.get('sortorder'), 'sortOrder'));
  return {
    ...(filter === undefined ? {} : { filter: parseFilter(filter, type) }),
    page: readPage(given, () => JSON.stringify([filter, sortBy, descending])),
    projection: readProjection(query),
    ...sortPath(type, sortBy),
    descending,
  };
}

function readPage(given: ReadonlyMap<string, unknown>, queryText: () => string): Page {
  const count = Math.min(mostResults, Math.max(0, integer(given.get('count'), 'count') ?? defaultCount));
  const startIndex = integer(given.get('startindex'), 'startIndex');
  const cursor = text(given.get('cursor'), 'cursor');
  if (cursor === undefined) return { count, startIndex: Math.max(1, startIndex ?? 1) };
  if (startIndex !== undefined) throw invalidValue('A list is read by startIndex or by cursor, not by both.');
  const query = queryText();
  return { count, cursor: readCursor(cursor, query), query };
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
  if (!/^[+-]?\d+$/.test(given)) throw invalidValue(`${name} is a whole number.`);
  return Math.min(Number(given), Number.MAX_SAFE_INTEGER);
}

function isDescending(order = ''): boolean {
  const lower = order.toLowerCase();
  if (lower !== '' && lower !== 'ascending' && lower !== 'descending') throw invalidValue('sortOrder is ascending or descending.');
  return lower === 'descending';
}

/** A name that no schema has asks for no order. */
function sortPath(type: ResourceType, name: string | undefined): Pick<SortOrder, 'sortBy'> {
  const resolved = name ? resolvePath(type, name) : undefined;
  return resolved?.kind === 'attribute' && !isSecret(resolved.path) ? { sortBy: resolved.path } : {};
}

const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

interface Place {
  totalResults: number;
  /** Of a page by place. */
  startIndex?: number;
  /** Of a page by cursor, where more follow. */
  next?: string;
}

export const listResponse = (resources: readonly Resource[], { totalResults, startIndex, next }: Place) => ({
  schemas: [listSchema] as Json,
  totalResults,
  ...(startIndex === undefined ? {} : { startIndex }),
  itemsPerPage: resources.length,
  ...(next === undefined ? {} : { nextCursor: next }),
  Resources: resources,
});

/** The same as JSON, of resources that are JSON already. */
export function listResponseJson(resources: readonly string[], { totalResults, startIndex, next }: Place): string {
  const place = startIndex === undefined ? '' : `,"startIndex":${startIndex}`;
  const cursor = next === undefined ? '' : `,"nextCursor":${JSON.stringify(next)}`;
  const numbers = `"totalResults":${totalResults}${place},"itemsPerPage":${resources.length}${cursor}`;
  return `{"schemas":["${listSchema}"],${numbers},"Resources":[${resources.join(',')}]}`;
}
