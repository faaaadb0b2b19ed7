const patience = 10_000;

/** What another process of ours answered when it said no: its status, and the `code` of its problem+json. */
export class Refused extends Error {
  override name = 'Refused';
  readonly retryable = false;
  readonly status: number;
  readonly code: string | undefined;
  constructor(status: number, message: string, code?: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface JsonClient {
  url: string;
  token: string;
  /** The error for what goes by itself: no connection, no answer in 10 s, 429 and 5xx. */
  unavailable(message: string): Error;
}

/** JSON over HTTP between processes of ours. Resolves undefined for 204 and 404 of a GET; throws {@link Refused} for other refusals. */
export function jsonClient({ url, token, unavailable }: JsonClient) {
  return async <T>(method: string, path: string, body?: unknown): Promise<T | undefined> => {
    const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const sent = { method, headers, signal: AbortSignal.timeout(patience), ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await fetch(url.replace(/\/$/, '') + path, sent).catch((error: Error) => {
      throw unavailable(`no answer: ${error.name}`);
    });
    if (answer.status === 204 || (answer.status === 404 && method === 'GET')) return undefined;
    if (answer.status === 429 || answer.status >= 500) throw unavailable(`answered ${answer.status}`);
    const answered = (await answer.json().catch(() => {
      throw unavailable('answered something that is not JSON');
    })) as T & { detail?: string; code?: string };
    if (!answer.ok) throw new Refused(answer.status, answered.detail ?? `answered ${answer.status}`, answered.code);
    return answered;
  };
}
