import type { Durable } from '@claras/directory/transact';
import { readSearchRequest } from '@claras/scim/list-query';
import { invalidValue, ScimError } from '@claras/scim/scim-error';
import type { Asked, ScimResources } from './scim-resources.ts';
import { type Found, search } from './search.ts';

/**
 * POST /.search over every resource type (RFC 7644, 3.4.3): one list, type behind type. A type that does not know an attribute of the filter
 * has no match; where no type knows it, the first type's refusal is the answer.
 */
export async function searchAll(
  durable: Durable,
  all: readonly ScimResources[],
  asked: Asked,
  body: unknown,
): Promise<Found & { startIndex: number }> {
  const queries = all.map((resources) => ({ resources, query: readOrRefusal(resources, body) }));
  const asking = queries.flatMap(({ resources, query }) => (query instanceof ScimError ? [] : [{ resources, query }]));
  const [first] = asking;
  if (!first) throw queries[0]?.query;
  if (asking.some(({ query }) => query.sortBy))
    throw invalidValue('sortBy orders one resource type: send the search to /Users/.search or /Groups/.search.');
  const { startIndex, count } = first.query;
  const found: Found = { resources: [], totalResults: 0 };
  for (const { resources, query } of asking) {
    const before = found.totalResults;
    const page = { ...query, startIndex: Math.max(1, startIndex - before), count: count - found.resources.length };
    const more = await search(durable, resources, asked, page);
    found.resources.push(...more.resources);
    found.totalResults += more.totalResults;
  }
  return { ...found, startIndex };
}

function readOrRefusal({ type }: ScimResources, body: unknown) {
  try {
    return readSearchRequest(type, body);
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
}
