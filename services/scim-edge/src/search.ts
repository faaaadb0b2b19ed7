import { all, lookUp, page, type Ranked } from '@claras/directory/look-up';
import { type Read, readResources } from '@claras/directory/resources';
import type { Durable } from '@claras/directory/transact';
import type { RangeQuery } from '@claras/ports/store/store';
import { expiredCursor } from '@claras/scim/cursor';
import { type Filter, indexedEquality, mentions } from '@claras/scim/filter';
import { compileFilter, statesAtOnce } from '@claras/scim/filter-evaluate';
import type { ListQuery, Page } from '@claras/scim/list-query';
import { wantsAttribute } from '@claras/scim/projection';
import type { Resource } from '@claras/scim/resource';
import { tooMany } from '@claras/scim/scim-error';
import { sortResources } from '@claras/scim/sort';
import { turnForLongWork } from './long-work.ts';
import { render, renderJson } from './render.ts';
import type { Asked, ScimResources } from './scim-resources.ts';

/** A sort holds what it sorts. */
const mostSorted = 20_000;

const servedAtOnce = 500;

const notStored = ['id', 'meta', 'groups', 'members'];

export interface Found {
  /** Each as JSON. */
  resources: string[];
  /** Id of the last one; absent where there is none. */
  last?: string;
  totalResults: number;
  /** Whether others follow behind the page. */
  more: boolean;
}

/** A list, filtered by an index where there is one, else by a scan that holds one page at a time. */
export async function search(durable: Durable, resources: ScimResources, asked: Asked, query: ListQuery): Promise<Found> {
  const { reads, totalResults } = await (query.filter || query.sortBy
    ? judged(durable, resources, asked, query)
    : listed(durable, resources, asked, query));
  const {
    projection,
    page: { count },
  } = query;
  const type = asked.types[resources.name];
  const wanted = (attribute: string) => wantsAttribute(projection, attribute);
  const show = async (read: Read) => renderJson(type, read, asked.url, await resources.keptElsewhere(read, asked, wanted), projection);
  const shown = reads.slice(0, count);
  const last = shown.at(-1)?.id;
  return {
    resources: await Promise.all(shown.map(show)),
    ...(last === undefined ? {} : { last }),
    totalResults,
    more: reads.length > count,
  };
}

async function listed(durable: Durable, { kind }: ScimResources, { tenant }: Asked, query: ListQuery): Promise<Ranked> {
  await turnForLongWork(tenant);
  return page(durable, kind, tenant, rankedBy(query.page));
}

/** A page is read with the first one behind it, which says whether more follow. */
const rankedBy = (page: Page): RangeQuery => ({
  limit: page.count + 1,
  ...('startIndex' in page ? { offset: page.startIndex - 1 } : page.cursor ? { after: page.cursor.after } : {}),
});

/** Those of a page, and the first one behind it, of all that the filter lets through. */
async function judged(durable: Durable, resources: ScimResources, asked: Asked, query: ListQuery): Promise<Ranked> {
  const { filter, page } = query;
  const matches = filter ? compileFilter(filter) : () => true;
  // What is stored is enough to judge by, unless the filter is about what is not stored with it.
  const asServed = filter !== undefined && notStored.some((name) => mentions(filter, name));
  const servedMatches = async (read: Read): Promise<boolean> => matches(await served(resources, asked, read, filter));
  const storedMatches = (read: Read): boolean => (filter && statesAtOnce(read.json, filter)) || matches(read.resource);
  const isBefore = (read: Read, place: number): boolean =>
    'startIndex' in page ? place < page.startIndex : page.cursor !== undefined && read.id <= page.cursor.after;

  let totalResults = 0;
  const kept: Read[] = [];
  async function judge(reads: readonly Read[]): Promise<void> {
    const verdicts = asServed ? await Promise.all(reads.map(servedMatches)) : reads.map(storedMatches);
    for (const [n, read] of reads.entries()) {
      if (!verdicts[n]) continue;
      totalResults++;
      if (query.sortBy ? true : kept.length <= page.count && !isBefore(read, totalResults)) kept.push(read);
      if (kept.length > mostSorted) throw tooMany(`More than ${mostSorted} resources match; sort fewer, by a narrower filter.`);
    }
  }
  const { tenant } = asked;
  const ids = filter && (await lookUp(durable, resources.kind, tenant, indexedEquality(filter)));
  if (ids) await judge(await readResources(durable, resources.kind, tenant, ids));
  else
    for await (const reads of all(durable, resources.kind, tenant)) {
      await turnForLongWork(tenant);
      await judge(reads);
    }
  return { reads: query.sortBy ? await sorted(resources, asked, query, kept) : kept, totalResults };
}

const served = async (resources: ScimResources, asked: Asked, read: Read, filter?: Filter): Promise<Resource> =>
  render(asked.types[resources.name], read, asked.url, await resources.keptElsewhere(read, asked, () => false, filter));

async function sorted(resources: ScimResources, asked: Asked, query: ListQuery, reads: readonly Read[]): Promise<Read[]> {
  const shown: Resource[] = [];
  for (let n = 0; n < reads.length; n += servedAtOnce) {
    await turnForLongWork(asked.tenant);
    shown.push(...(await Promise.all(reads.slice(n, n + servedAtOnce).map((read) => served(resources, asked, read)))));
  }
  const order = sortResources(shown, query);
  const readOf = new Map(shown.map((resource, n) => [resource, reads[n] as Read]));
  const start = startOf(query.page, order);
  return order.slice(start, start + query.page.count + 1).flatMap((resource) => readOf.get(resource) ?? []);
}

function startOf(page: Page, order: readonly Resource[]): number {
  if ('startIndex' in page) return page.startIndex - 1;
  const { cursor } = page;
  if (!cursor) return 0;
  const place = order.findIndex(({ id }) => id === cursor.after);
  if (place < 0) throw expiredCursor();
  return place + 1;
}
