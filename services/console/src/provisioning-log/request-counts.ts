import type { RequestCounts } from '@claras/contracts/console-api';
import type { Store } from '@claras/ports/store/store';
import type { LogEntry } from './entry.ts';
import { documentKey, logScope, refusedIndex, requestsKey } from './log-store.ts';

/** Requests that changed something, by the hour in which they did: `2026-11-27T08` → 128. They outlive the entries of a large cycle. */
export interface CountedRequests {
  hours: Readonly<Record<string, number>>;
  /** The last one that is counted: of several events one request is the cause. */
  last?: string;
}

const hour = 3_600_000;
/** The hour that runs and those before it. */
const window = 24;
/** Of refused requests, that are looked at. */
const mostLookedAt = 500;
const pageSize = 100;

const hourOf = (time: string): string => time.slice(0, 13);
const requestOf = ({ request, traceparent }: LogEntry): string | undefined => request && `${traceparent} ${request}`;

/** With what the entries, the next of the log, tell of. */
export function withRequests(before: CountedRequests | undefined, entries: readonly LogEntry[]): CountedRequests {
  const hours = { ...before?.hours };
  let last = before?.last;
  for (const entry of entries) {
    const request = requestOf(entry);
    if (request === undefined || request === last) continue;
    hours[hourOf(entry.time)] = (hours[hourOf(entry.time)] ?? 0) + 1;
    last = request;
  }
  const kept = Object.entries(hours).sort().slice(-window);
  return { hours: Object.fromEntries(kept), ...(last === undefined ? {} : { last }) };
}

/** Requests of the last day: those that changed something, and those of which the edge or a rule refused something. */
export async function requestCounts(store: Store, tenant: string, now: number): Promise<RequestCounts> {
  const since = new Date(Math.floor(now / hour) * hour - (window - 1) * hour).toISOString();
  const [[counted], { byEdge, byRule, all }] = await Promise.all([
    store.read<CountedRequests>(logScope(tenant), [requestsKey]),
    refusedSince(store, tenant, since),
  ]);
  let changed = 0;
  for (const [at, requests] of Object.entries(counted?.value.hours ?? {})) if (at >= hourOf(since)) changed += requests;
  return { since, refused: byEdge + byRule, ...(all ? { ok: Math.max(0, changed - byRule) } : {}) };
}

/** `byRule` stand among those that changed something. `all`: false where there may be more. */
async function refusedSince(store: Store, tenant: string, since: string): Promise<{ byEdge: number; byRule: number; all: boolean }> {
  const scope = logScope(tenant);
  const byRule = new Set<string>();
  let byEdge = 0;
  let after: string | undefined;
  const found = (all: boolean) => ({ byEdge, byRule: byRule.size, all });
  for (let looked = 0; looked < mostLookedAt; looked += pageSize) {
    const { members } = await store.range(scope, refusedIndex, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const read of await store.read<LogEntry>(scope, members.map(documentKey))) {
      if (!read) continue; // told of by a consumer before the log itself has read it
      const { value: entry } = read;
      if (entry.time < since) return found(true);
      const request = requestOf(entry);
      if (entry.refused) byEdge += 1 + (entry.refused.more ?? 0);
      else if (request) byRule.add(request);
    }
    if (members.length < pageSize) return found(true);
    after = members.at(-1);
  }
  return found(false);
}
