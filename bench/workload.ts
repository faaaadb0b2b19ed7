/**
 * One kind of request, many times. In path and body `{n}` is the number of the request, `{id}` the next of `ids` and `{turn}` whether this
 * round over the ids is an odd one: what `turns` says for even and odd rounds.
 */
export interface Workload {
  name: string;
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  body?: string;
  contentType?: string;
  ids: readonly string[];
  turns?: readonly [string, string];
  /** At most this many times the CPU of the bare server. */
  limit?: number;
}

/** Of a body, unless the workload says otherwise. */
export const scimType = 'application/scim+json';

export interface Made {
  method: string;
  path: string;
  body?: string;
}

export function make({ method, path, body, ids, turns = ['', ''] }: Workload, n: number): Made {
  const round = Math.floor(n / Math.max(ids.length, 1)) % 2;
  const fill = (text: string) =>
    text
      .replaceAll('{n}', String(n))
      .replaceAll('{id}', ids[n % ids.length] ?? '')
      .replaceAll('{turn}', turns[round] as string);
  return { method, path: fill(path), ...(body === undefined ? {} : { body: fill(body) }) };
}
