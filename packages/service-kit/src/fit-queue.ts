import type { Fact, Positioned } from '@claras/contracts/events';

/** Of a tenant's events in its queue aside; as many again once a snapshot is among them, with which the tenant can begin anew. */
const mostEvents = 50_000;

/** A snapshot supersedes whatever was before it: a reader that cannot go on goes on here. */
export const isRestart = ({ type }: { type: string }): boolean => type === 'snapshot.started';

export interface Fit<F extends Fact> {
  /** Of the fresh events, those that the queue keeps. */
  kept: readonly Positioned<F>[];
  /** The kept event that stands for those that are not, and the sequences of those that stood for some until now. */
  newest: readonly Positioned<F>[];
  replaced: readonly number[];
  /** How many are not kept, those that stood for others until now counted in. */
  missed: number;
}

/**
 * What a queue can hold of events that are not in it yet. Once it is full only the newest is kept, in place of the newest before, and what a
 * tenant can begin anew with: the gap before it says, as durably as the queue, that something is missing, and is answered as any gap is.
 */
export function fitQueue<F extends Fact>(
  fresh: readonly Positioned<F>[],
  { total, restarts, newest }: { total: number; restarts: boolean; newest: readonly number[] },
): Fit<F> {
  const most = restarts || fresh.some(isRestart) ? 2 * mostEvents : mostEvents;
  if (total + fresh.length <= most) return { kept: fresh, newest: [], replaced: [], missed: 0 };
  const last = Math.max(...fresh.map(({ sequence }) => sequence));
  const kept = fresh.filter((event) => event.sequence === last || isRestart(event));
  const replaced = newest.filter((sequence) => sequence < last);
  return { kept, newest: kept.filter((event) => !isRestart(event)), replaced, missed: fresh.length - kept.length + replaced.length };
}
