import type { Problem } from '@claras/contracts/console-api';
import { Refusal } from './refusal.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Answer {
  status: number;
  body: unknown;
}

const patience = 30_000;

async function send(url: URL, init: RequestInit): Promise<Answer> {
  const { origin } = url;
  let response: Response;
  try {
    response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(patience) });
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') throw new Refusal(`${origin} did not answer within ${patience / 1000} s`);
    throw new Refusal(`nothing answers at ${origin}: start it with npm start`);
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (body === undefined) throw new Refusal(`${origin} does not speak the REST API of Claras: check --api`);
  return { status: response.status, body };
}

/** The REST API of the running product. `token` is asked for when the first request needs it. */
export function restApi(url: string, token: () => string) {
  const base = URL.parse(url);
  if (!base || !/^https?:$/.test(base.protocol)) throw new Refusal('--api must be an http or https URL');

  /** `path`: its parts behind /api/v1, each of which is escaped. */
  async function call<T>(method: Method, path: readonly string[], body?: object, query: Record<string, string> = {}): Promise<T> {
    const target = new URL(`/api/v1/${path.map(encodeURIComponent).join('/')}?${new URLSearchParams(query)}`, base as URL);
    const headers: Record<string, string> = { authorization: `Bearer ${token()}` };
    if (body) headers['content-type'] = 'application/json';
    const answer = await send(target, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (answer.status < 400) return answer.body as T;
    const { detail } = answer.body as Partial<Problem>;
    throw new Refusal(detail ?? `${(base as URL).origin} answered ${answer.status}`);
  }

  return {
    get: <T>(path: readonly string[], query?: Record<string, string>) => call<T>('GET', path, undefined, query),
    post: <T>(path: readonly string[], body?: object) => call<T>('POST', path, body),
    put: <T>(path: readonly string[], body: object) => call<T>('PUT', path, body),
    patch: <T>(path: readonly string[], body: object) => call<T>('PATCH', path, body),
    delete: <T>(path: readonly string[]) => call<T>('DELETE', path),
    /** /health of the process that serves the API; needs no token. */
    health: () => send(new URL('/health', base), {}),
  };
}
export type Api = ReturnType<typeof restApi>;
