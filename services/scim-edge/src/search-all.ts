import type { Durable } from '@claras/directory/transact';
import type { ResourceType } from '@claras/scim/attributes';
import { invalidCursor } from '@claras/scim/cursor';
import type { ListQuery, Page } from '@claras/scim/list-query';
import { invalidValue, ScimError } from '@claras/scim/scim-error';
import type { Asked, ScimResources } from './scim-resources.ts';
import { type Found, search } from './search.ts';

/**
 * A search over every resource type (RFC 7644, 3.4.2.1 and 3.4.3): one list, type behind type. A type that does not know an attribute of the
 * filter has no match; where no type knows it, the first type's refusal is the answer. `read` is the query as one type understands it.
 */
export async function searchAll(
  durable: Durable,
  all: readonly ScimResources[],
  asked: Asked,
  read: (type: ResourceType) => ListQuery,
): Promise<Found & { type: string; page: Page }> {
  const queries = all.map((resources) => ({ resources, query: orRefusal(() => read(asked.types[resources.name])) }));
  const asking = queries.flatMap(({ resources, query }) => (query instanceof ScimError ? [] : [{ resources, query }]));
  const [first] = asking;
  if (!first) throw queries[0]?.query;
  if (asking.some(({ query }) => query.sortBy))
    throw invalidValue('sortBy orders one resource type: send the search to /Users/.search or /Groups/.search.');
  const { page } = first.query;
  const reached = 'cursor' in page && page.cursor ? page.cursor.type : first.resources.name;
  const from = asking.findIndex(({ resources }) => resources.name === reached);
  if (from < 0) throw invalidCursor();

  const found: Found & { type: string } = { resources: [], totalResults: 0, more: false, type: reached };
  for (const [n, { resources, query }] of asking.entries()) {
    const count = n < from ? 0 : page.count - found.resources.length;
    const part = await search(durable, resources, asked, { ...query, page: pageOf(page, count, n === from, found.totalResults) });
    if (part.last) Object.assign(found, { type: resources.name, last: part.last });
    found.resources.push(...part.resources);
    found.totalResults += part.totalResults;
    found.more ||= n >= from && part.more;
  }
  return { ...found, page };
}

/** The part of a page that falls to one type: places go on where the type before ended, a cursor stands in one type only. */
const pageOf = (page: Page, count: number, isReached: boolean, before: number): Page =>
  'startIndex' in page
    ? { count, startIndex: Math.max(1, page.startIndex - before) }
    : { count, cursor: isReached ? page.cursor : undefined, query: page.query };

function orRefusal(read: () => ListQuery): ListQuery | ScimError {
  try {
    return read();
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
}
