import type { Answer, Client } from './client.ts';
import { equals, queryOf } from './dialect.ts';

/** An answer that Entra would log as a failure. The message is the reason. */
export class Refused extends Error {
  override name = 'Refused';
}

export interface Resource {
  id: string;
  [attribute: string]: unknown;
}

const detailOf = ({ body }: Answer): string => {
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : '';
  return detail && `: ${detail.slice(0, 200)}`;
};

/** The answer when its status is one of `allowed`. Throws {@link Refused} otherwise, and for a body that is no JSON of SCIM's content type. */
export function expectStatus(answer: Answer, ...allowed: number[]): Answer {
  if (!allowed.includes(answer.status)) throw new Refused(`HTTP ${answer.status}${detailOf(answer)}`);
  if (!answer.empty && (answer.body === undefined || !/^application\/(scim\+)?json\b/i.test(answer.contentType)))
    throw new Refused(`HTTP ${answer.status} with a body that is not application/scim+json`);
  return answer;
}

/** The resource in an answer. Throws {@link Refused} for anything without a non-empty id. */
export function resourceIn({ body }: Answer): Resource {
  const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : undefined;
  if (typeof id !== 'string' || id === '') throw new Refused('the answer holds no resource with an id');
  return body as Resource;
}

/** The resources of a ListResponse (RFC 7644, 3.4.2), with the total. */
export function listIn({ body }: Answer): { total: number; resources: Resource[] } {
  const { totalResults, Resources = [] } = (body ?? {}) as { totalResults?: unknown; Resources?: unknown };
  if (typeof totalResults !== 'number' || !Array.isArray(Resources)) throw new Refused('the answer is no ListResponse');
  return { total: totalResults, resources: Resources as Resource[] };
}

/** The match query of Entra on `attribute`. Groups are asked for without members. */
export async function query(
  client: Client,
  kind: string,
  resource: 'Users' | 'Groups',
  attribute: string,
  value: string,
): Promise<Resource[]> {
  const filter = equals({ [attribute]: value });
  const parameters = resource === 'Groups' ? { excludedAttributes: 'members', filter } : { filter };
  const answer = await client.send({ kind, method: 'GET', path: `/${resource}`, query: queryOf(parameters) });
  if (answer.status === 404) throw new Refused('HTTP 404 for a query without a match: Entra takes it for bad credentials');
  const { total, resources } = listIn(expectStatus(answer, 200));
  if (total !== resources.length) throw new Refused(`totalResults is ${total}, but ${resources.length} resources were returned`);
  return resources;
}

/** The one resource that matches, undefined for none. Throws {@link Refused} for several: Entra's DuplicateTargetEntries. */
export async function match(client: Client, kind: string, resource: 'Users' | 'Groups', value: string): Promise<Resource | undefined> {
  const found = await query(client, kind, resource, resource === 'Users' ? 'userName' : 'displayName', value);
  if (found.length > 1) throw new Refused(`${found.length} matches, Entra writes to none`);
  return found[0];
}

/** How many resources of a kind the edge holds. */
export async function countOf(client: Client, resource: 'Users' | 'Groups'): Promise<number> {
  const answer = await client.send({ kind: 'count', method: 'GET', path: `/${resource}`, query: 'startIndex=1&count=1' });
  return listIn(expectStatus(answer, 200)).total;
}
