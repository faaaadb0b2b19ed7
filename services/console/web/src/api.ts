import type { Problem, SessionReport } from '@claras/contracts/console-api';

/** An answer that is no success, as the REST API said it; its detail says what to do next. */
export class ApiError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
  is(code: string): boolean {
    return this.problem.type === `urn:claras:problem:${code}`;
  }
}

let csrf = '';
/** Pages refresh themselves; only a person keeps a session alive. */
const attention = 60_000;
let touched = Date.now();
for (const event of ['pointerdown', 'keydown'] as const)
  addEventListener(
    event,
    () => {
      touched = Date.now();
    },
    { passive: true },
  );

const unreachable: Problem = {
  type: 'urn:claras:problem:unreachable',
  title: 'The server does not answer',
  status: 0,
  detail: 'Check the connection. This page goes on by itself once the server answers.',
};

async function problemOf(response: Response): Promise<Problem> {
  const found = (await response.json().catch(() => undefined)) as Problem | undefined;
  return found?.type ? found : { ...unreachable, status: response.status, title: `The server answered ${response.status}` };
}

export async function ask<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET') headers['x-csrf-token'] = csrf;
  if (Date.now() - touched > attention) headers['x-background'] = '1';
  const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(`/api/v1${path}`, sent).catch(() => {
    throw new ApiError(unreachable);
  });
  if (!response.ok) throw new ApiError(await problemOf(response));
  return (await response.json()) as T;
}

const kept = (report: SessionReport): SessionReport => {
  csrf = report.csrf;
  return report;
};
export const whoAmI = () => ask<SessionReport>('GET', '/session').then(kept);
export const signIn = (token: string) => ask<SessionReport>('POST', '/session', { token }).then(kept);
export const verify = (token: string) => ask<SessionReport>('POST', '/session/verification', { token }).then(kept);
export const signOut = () => ask<object>('DELETE', '/session');

export const inTenant = (tenant: string, rest = ''): string => `/tenants/${encodeURIComponent(tenant)}${rest}`;

/** The token of a sign-in link, however it was pasted. */
export const tokenOf = (text: string): string => text.trim().replace(/^.*#/, '');
