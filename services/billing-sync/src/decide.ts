import type { Seats } from '@claras/contracts/core-app';
import type { TeamEvent } from '@claras/contracts/events';

/** A tenant whose seats may not be what is billed. */
export interface Mark {
  /** Of the last event that may have changed them: a count must not be older. */
  sequence: number;
  /** Milliseconds since 1970: when the coalescing window began. */
  since: number;
}

/** Changes within this time after the first are billed together (M24, for a ledger). */
export const coalescingWindow = 1000;

/** Where the events may have changed the number of active profiles last; undefined: nowhere. */
export const seatsChangedAt = (events: readonly TeamEvent[]): number | undefined =>
  events.findLast(({ type }) => type === 'profile.created' || type === 'profile.archived' || type === 'profile.restored')?.sequence;

/** The first change starts the window; later ones only raise the sequence. */
export const marked = (mark: Mark | undefined, sequence: number, now: number): Mark => ({
  sequence: Math.max(mark?.sequence ?? 0, sequence),
  since: mark?.since ?? now,
});

/** What is left of a mark when seats of this version were billed: undefined, or a new window for what came meanwhile. */
export const afterBilling = (mark: Mark, version: number, now: number): Mark | undefined =>
  mark.sequence <= version ? undefined : { ...mark, since: now };

/** Milliseconds until the tenant may be billed. */
export const untilDue = (mark: Mark, now: number): number => Math.max(0, mark.since + coalescingWindow - now);

/** Idempotency key: every parameter, and the day, so that a drift within the key's memory is mended the day after. */
export const seatsKey = (tenant: string, { active, version }: Seats, now: number): string =>
  `${tenant}:${version}:${active}:${new Date(now).toISOString().slice(0, 10)}`;
