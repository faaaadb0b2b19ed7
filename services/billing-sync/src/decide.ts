import type { Seats } from '@claras/contracts/core-app';
import type { OutcomeFact, TeamEvent } from '@claras/contracts/events';
import type { BilledSeats, BillingRules, SeatUpdate } from '@claras/ports/billing/billing';

/** A tenant whose seats may not be what is billed. */
export interface Mark {
  /** Of the last event that may have changed them: a count must not be older. */
  sequence: number;
  /** Milliseconds since 1970: when the coalescing window began. */
  since: number;
  /** The team was erased: its bill is settled, and then forgotten. */
  erased?: true;
}

/** What is known of a tenant's bill. */
export interface Bill {
  billed?: BilledSeats;
  /** Under way, or broken off: the same again until it is settled, so that a retry is the same request. */
  attempt?: SeatUpdate;
  /** When the last attempts began, oldest first: those of an hour. Milliseconds since 1970. */
  sent: readonly number[];
  /** Waits for an approval. */
  held?: { quantity: number; since: number };
  /** May be billed, or more. */
  approved?: { quantity: number; by: string };
  /** The tenant was erased, and owes nothing more. */
  erased?: true;
}

export type Step =
  | { kind: 'nothing' }
  | { kind: 'send'; attempt: SeatUpdate; bill: Bill }
  /** Milliseconds until the hour has room again. */
  | { kind: 'wait'; ms: number }
  | { kind: 'hold'; bill: Bill; isNew: boolean };

const hour = 3_600_000;
const largestSwing = 20;

/** Where the events may have changed the number of active profiles last; undefined: nowhere. */
export const seatsChangedAt = (events: readonly TeamEvent[]): number | undefined =>
  events.findLast(({ type }) => type === 'profile.created' || type === 'profile.archived' || type === 'profile.restored')?.sequence;

/** The first change starts the window; later ones only raise the sequence. */
export const marked = (mark: Mark | undefined, sequence: number, now: number, erased = mark?.erased ?? false): Mark => ({
  sequence: Math.max(mark?.sequence ?? 0, sequence),
  since: mark?.since ?? now,
  ...(erased ? { erased } : {}),
});

/** Whoever erased the tenant meant its seats, too: no swing waits for another approval. */
export const asErased = (bill: Bill): Bill => ({ ...bill, approved: { quantity: 0, by: 'erasure' } });

/** What is left of a mark when seats of this version were billed: undefined, or a new window for what came meanwhile. An erased tenant's goes with its bill. */
export const afterBilling = (mark: Mark, version: number, now: number): Mark | undefined =>
  mark.sequence <= version && !mark.erased ? undefined : { ...mark, since: now };

/** Milliseconds until the tenant may be billed. */
export function untilDue(mark: Mark, { coalesce }: BillingRules, now: number): number {
  // A clock that was set back: a window that begins in the future would wait for it.
  return mark.since > now ? 0 : Math.max(0, mark.since + coalesce - now);
}

/** Idempotency key: every parameter, and the attempt's second, so that setting a drift right is another request than the one before it. */
const seatsKey = (tenant: string, { quantity, version, at }: Omit<SeatUpdate, 'key'>): string => `${tenant}:${version}:${quantity}:${at}`;

function newAttempt(tenant: string, { active: quantity, version }: Seats, now: number): SeatUpdate {
  const update = { quantity, version, at: Math.floor(now / 1000) };
  return { ...update, key: seatsKey(tenant, update) };
}

/** More than half and more than 20 seats down: rather a mistake in the identity provider than people who left. */
export const isSwing = (before: number, after: number): boolean => before - after > largestSwing && before - after > before / 2;

/** What to do about a tenant whose seats were counted just now. */
export function nextStep(tenant: string, bill: Bill, seats: Seats, rules: BillingRules, now: number): Step {
  const { billed, attempt, approved } = bill;
  const { active: quantity, version } = seats;
  // Where versions are compared, the newer one is said even if the quantity is the same: an older call may still be under way.
  const isKnown = !attempt && billed?.quantity === quantity && (rules.exclusive || billed.version >= version);
  if (isKnown) return { kind: 'nothing' };
  const isApproved = approved !== undefined && quantity >= approved.quantity;
  if (rules.holdsSwings && billed && isSwing(billed.quantity, quantity) && !isApproved) {
    const isNew = bill.held?.quantity !== quantity;
    return { kind: 'hold', isNew, bill: { ...bill, held: isNew ? { quantity, since: now } : bill.held! } };
  }
  // It is not held, or not any more; the approval stays until it is billed.
  const { held: _, ...free } = bill;
  // The same request again is one effect, so a retry takes nothing from the hour's budget.
  if (attempt?.quantity === quantity && attempt.version === version) return { kind: 'send', attempt, bill: free };
  const sent = bill.sent.filter((at) => at > now - hour && at <= now);
  if (sent.length >= rules.updatesPerHour) return { kind: 'wait', ms: sent[0]! + hour - now };
  const next = newAttempt(tenant, seats, now);
  const kept = Number.isFinite(rules.updatesPerHour) ? [...sent, now] : [];
  return { kind: 'send', attempt: next, bill: { ...free, attempt: next, sent: kept } };
}

/** The bill after an attempt was answered with a no: the billing system repeats it to the same key, so the next try has another. */
export const withoutAttempt = ({ attempt, ...bill }: Bill, key: string): Bill =>
  attempt && attempt.key !== key ? { ...bill, attempt } : bill;

/** The bill after the billing system answered an attempt. Another process may have asked meanwhile: the newer answer counts, and its attempt stays. */
export function settled({ sent, billed: before, attempt: now }: Bill, attempt: SeatUpdate, answer: BilledSeats): Bill {
  const billed = before && before.version > answer.version ? before : answer;
  return { sent, billed, ...(now && now.key !== attempt.key ? { attempt: now } : {}) };
}

/** What the ledger says when a bill was settled: each line begins where the one before it ended. A line ends a hold, too. */
export function ledgerLines(before: Bill, { billed }: Bill, key: string): OutcomeFact[] {
  const quantity = before.billed?.quantity ?? null;
  if (!billed || (billed.quantity === quantity && !before.held)) return [];
  return [{ type: 'seats.billed', data: { ...billed, before: quantity, key } }];
}
