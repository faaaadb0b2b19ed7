import { all, lookUp, page } from '@claras/directory/look-up';
import { type Read, readResources } from '@claras/directory/resources';
import type { Durable } from '@claras/directory/transact';
import { indexedEquality, mentions } from '@claras/scim/filter';
import { compileFilter } from '@claras/scim/filter-evaluate';
import type { ListQuery } from '@claras/scim/list-query';
import { project, wantsAttribute } from '@claras/scim/projection';
import type { Resource } from '@claras/scim/resource';
import { tooMany } from '@claras/scim/scim-error';
import { sortResources } from '@claras/scim/sort';
import type { Asked, ScimResources } from './scim-resources.ts';

/** A sort holds what it sorts. */
const mostSorted = 20_000;

const notStored = ['id', 'meta', 'groups', 'members'];

export interface Found {
  resources: Resource[];
  totalResults: number;
}

/** A list, filtered by an index where there is one, else by a scan that holds one page at a time. */
export async function search(durable: Durable, resources: ScimResources, asked: Asked, query: ListQuery): Promise<Found> {
  const { filter, projection, startIndex, count } = query;
  const wanted = (attribute: string) => wantsAttribute(projection, attribute);
  const show = async (reads: readonly Read[]) =>
    Promise.all(reads.map(async (read) => project(resources.type, await resources.serve(read, asked, wanted), projection)));

  if (!filter && !query.sortBy) {
    const { found, total } = await page(durable, resources.kind, asked.tenant, { offset: startIndex - 1, limit: count });
    return { resources: await show(found), totalResults: total };
  }

  const matches = filter ? compileFilter(filter) : () => true;
  // What is stored is enough to judge by, unless the filter is about what is not stored with it.
  const asServed = filter !== undefined && notStored.some((name) => mentions(filter, name));
  const servedMatches = async (read: Read): Promise<boolean> => matches(await resources.serve(read, asked, () => false, filter));

  let totalResults = 0;
  const kept: Read[] = [];
  for await (const reads of await candidates(durable, resources, asked.tenant, query)) {
    const verdicts = asServed ? await Promise.all(reads.map(servedMatches)) : reads.map(({ resource }) => matches(resource));
    for (const [n, read] of reads.entries()) {
      if (!verdicts[n]) continue;
      totalResults++;
      if (query.sortBy ? true : totalResults >= startIndex && kept.length < count) kept.push(read);
      if (kept.length > mostSorted) throw tooMany(`More than ${mostSorted} resources match; sort fewer, by a narrower filter.`);
    }
  }
  return { resources: await show(query.sortBy ? await sorted(resources, asked, query, kept) : kept), totalResults };
}

async function candidates(
  durable: Durable,
  { kind }: ScimResources,
  tenant: string,
  { filter }: ListQuery,
): Promise<Iterable<Read[]> | AsyncIterable<Read[]>> {
  const ids = filter && (await lookUp(durable, kind, tenant, indexedEquality(filter)));
  return ids ? [await readResources(durable, kind, tenant, ids)] : all(durable, kind, tenant);
}

async function sorted(resources: ScimResources, asked: Asked, query: ListQuery, reads: readonly Read[]): Promise<Read[]> {
  const served = await Promise.all(reads.map(async (read) => ({ read, resource: await resources.serve(read, asked, () => false) })));
  const order = sortResources(
    served.map(({ resource }) => resource),
    query,
  );
  const readOf = new Map(served.map(({ read, resource }) => [resource, read]));
  return order.slice(query.startIndex - 1, query.startIndex - 1 + query.count).flatMap((resource) => readOf.get(resource) ?? []);
}
