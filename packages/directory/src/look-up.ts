import { indexPages } from '@claras/ports/store/index-pages';
import type { RangeQuery } from '@claras/ports/store/store';
import { groupKind, groupsOfIndex, type Kind } from './kinds.ts';
import { type Read, readResources } from './resources.ts';
import { tenantScope } from './scopes.ts';
import type { Durable } from './transact.ts';

/** More than this many resources with one value of an indexed attribute are not looked up but scanned for. */
const mostFound = 1000;
const pageSize = 500;

/**
 * Ids that an index has for one of these equalities, the narrowest first; undefined where none of them has an index. What is found must
 * still be judged by the whole filter.
 */
export async function lookUp(
  { store }: Durable,
  kind: Kind,
  tenant: string,
  equalities: readonly { attribute: string; value: string }[],
): Promise<string[] | undefined> {
  const scope = tenantScope(tenant);
  const term = (name: string) => equalities.find(({ attribute }) => attribute === name)?.value;
  const id = term('id');
  if (id !== undefined) return [id];
  const unique = term(kind.unique);
  if (unique !== undefined) {
    const [entry] = await store.read<string>(scope, [kind.uniqueKey(unique)]);
    return entry ? [entry.value] : [];
  }
  for (const { attribute, value } of equalities) {
    const isMember = kind === groupKind && (attribute === 'members' || attribute === 'members.value');
    const index = isMember ? groupsOfIndex(value) : kind.lookup(attribute, value);
    if (!index) continue;
    const { members, total } = await store.range(scope, index, { limit: mostFound });
    if (total <= mostFound) return members;
  }
  return undefined;
}

/** Some of a list, with the number of all of it. */
export interface Ranked {
  reads: Read[];
  totalResults: number;
}

/** A page of resources in the order of creation. */
export async function page(durable: Durable, kind: Kind, tenant: string, query: RangeQuery): Promise<Ranked> {
  const { members, total } = await durable.store.range(tenantScope(tenant), kind.all, query);
  return { reads: await readResources(durable, kind, tenant, members), totalResults: total };
}

/** Every resource of a kind, page by page, in the order of creation. */
export async function* all(durable: Durable, kind: Kind, tenant: string): AsyncGenerator<Read[]> {
  for await (const members of indexPages(durable.store, tenantScope(tenant), kind.all, pageSize))
    yield await readResources(durable, kind, tenant, members);
}
