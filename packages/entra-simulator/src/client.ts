import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Body } from './dialect.ts';
import type { Tally } from './report.ts';

export interface Request {
  /** What the request is for: the name under which it is counted. */
  kind: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the Tenant URL, encoded. */
  path: string;
  query?: string;
  body?: Body;
}

export interface Answer {
  status: number;
  contentType: string;
  /** Parsed JSON; undefined for an empty body or one that is no JSON. */
  body: unknown;
  empty: boolean;
}

export interface Client {
  /** The first answer that is neither 429 nor 5xx. Throws {@link NoAnswer} when none comes within the patience. */
  send(request: Request): Promise<Answer>;
  /** Ends connections, and requests that are still under way or waiting to be made again. */
  close(): void;
}

export interface ClientOptions {
  /** The Tenant URL; its query, such as ?aadOptscim062020, is kept on every request. */
  url: string;
  key: string;
  concurrency: number;
  tally: Tally;
  signal?: AbortSignal | undefined;
  /** How long one request is tried again, in ms. */
  patience?: number | undefined;
}

/** An edge that gave no usable answer for as long as the client was patient. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

const defaultPatience = 60_000;
const requestTimeout = 30_000;
const longestPause = 2_000;

/** Milliseconds until an edge wants to be asked again (RFC 9110, 10.2.3: seconds or a date); 0 when it does not say. */
function retryAfter(value: string | undefined): number {
  if (!value) return 0;
  const seconds = Number(value);
  const wait = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isNaN(wait) ? 0 : Math.max(0, wait);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/**
 * HTTP as Entra speaks it: a bearer token, application/scim+json, no User-Agent. What its next cycles would do about 429, 5xx and broken
 * connections is done at once, with a growing pause, for a bounded time: a service that is killed and started again is survived.
 */
export function scimClient({ url, key, concurrency, tally, signal, patience = defaultPatience }: ClientOptions): Client {
  const { origin, pathname, search, protocol } = new URL(url);
  const root = origin + pathname.replace(/\/+$/, '');
  const [open, Agent] = protocol === 'https:' ? [httpsRequest, HttpsAgent] : [httpRequest, HttpAgent];
  const ending = new AbortController();
  const stop = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency, scheduling: 'lifo' });

  function once({ method, path, query, body }: Request): Promise<{ response: IncomingMessage; text: string }> {
    const address = [search.slice(1), query].filter(Boolean).join('&');
    const content = body && Buffer.from(JSON.stringify(body));
    const headers: Record<string, string | number> = { authorization: `Bearer ${key}`, accept: 'application/scim+json' };
    if (content) headers['content-type'] = 'application/scim+json; charset=utf-8';
    if (content) headers['content-length'] = content.length;
    return new Promise((resolve, reject) => {
      const options = { method, headers, agent, timeout: requestTimeout, signal: stop };
      const sent = open(`${root}${path}${address && `?${address}`}`, options, (response) => {
        read(response).then((text) => resolve({ response, text }), reject);
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer in ${requestTimeout / 1000} s`)));
      sent.on('error', reject);
      sent.end(content);
    });
  }

  /** An answer, or why to ask again and when at the earliest. */
  async function attempt(request: Request): Promise<Answer | { again: string; wait: number }> {
    const start = performance.now();
    try {
      const { response, text } = await once(request);
      const status = response.statusCode ?? 0;
      if (status === 429 || status >= 500) return { again: `HTTP ${status}`, wait: retryAfter(response.headers['retry-after']) };
      const contentType = response.headers['content-type'] ?? '';
      return { status, contentType, body: parsed(text), empty: text === '' };
    } catch (error) {
      stop.throwIfAborted();
      return { again: reasonOf(error), wait: 0 };
    } finally {
      tally.answered(request.kind, performance.now() - start);
    }
  }

  return {
    async send(request) {
      const deadline = Date.now() + patience;
      for (let pause = 50; ; pause = Math.min(pause * 2, longestPause)) {
        const answer = await attempt(request);
        if (!('again' in answer)) return answer;
        const wait = Math.max(answer.wait, pause * (0.5 + Math.random() / 2));
        if (Date.now() + wait > deadline) throw new NoAnswer(`${answer.again}, for ${patience / 1000} s`);
        tally.retry(answer.again);
        await sleep(wait, undefined, { signal: stop });
      }
    },
    close() {
      ending.abort();
      agent.destroy();
    },
  };
}
