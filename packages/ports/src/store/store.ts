import type { EventRecord, OutgoingEvent } from '@claras/contracts/cloud-event';
import type { Keyed } from './keyed.ts';

/**
 * Store: everything that is durable.
 *
 * A *scope* is a tenant's slice of one service, `edge/acme`; a service's own slice has no tenant, `edge/`. A scope holds documents by key,
 * indexes (named, sorted sets of strings) and a sequence. A *cell* is the unit of placement: murmur2(tenant) mod `cells`. `commit` is the
 * only way to write, and writes all of a change or nothing of it; state and events are one step, so neither can be without the other.
 */
export type Scope = `${string}/${string}`;
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Entry<T = Json> {
  readonly value: T;
  /** `value` as it was put, in JSON. */
  readonly json: string;
  /** Grows with each put or touch of the key and is never used again, not even after the key was removed and made anew. */
  readonly version: number;
  /** `time` of the change that put or touched it last: milliseconds since 1970. */
  readonly time: number;
}

export interface Change {
  /**
   * Remembered: the same change sent twice is answered with the first result. The last 1,000 of a scope, and for 10 minutes at least where
   * a reply may be lost on its way; in a store of this process, the last 1,000 of all.
   */
  id: string;
  /** Milliseconds since 1970; becomes `Entry.time`. */
  time: number;
  /** Key → the version that must be there; 0 = the key must be absent. This is how a userName is unique. */
  expect?: Keyed<number>;
  /** Key → a JSON value, or its `JsonText`. */
  put?: Keyed<unknown>;
  remove?: string[];
  /** Must exist; gets a new version, whatever the old one was. */
  touch?: string[];
  index?: Keyed<{ add?: string[]; remove?: string[] }>;
  /** Whole indexes, at once. Before `index` is applied, so that a change can clear and fill. */
  drop?: string[];
  /** Numbered with the scope's next sequence numbers, in order, and put into the outbox. */
  events?: OutgoingEvent[];
  /**
   * The scope ends with this change: any later one that does not end it again is refused with {@link ScopeEnded}. Of what stands in the scope only
   * what this change puts stays; the rest goes, at once or with `sweep`. Numbers and versions are never used again.
   */
  end?: true;
}

/** `sequence`: the scope's last number after the change, epochs counted in (contracts: sequence.ts). `version`: what every put or touched key of it has now. */
export type CommitResult = { ok: true; sequence: number; version: number } | { ok: false; conflict: string };

export interface RangeQuery {
  /** Skip this many members (by rank). */
  offset?: number;
  /** Start behind this member. */
  after?: string;
  /** 0 counts only. */
  limit: number;
}

/** Members in ascending order of their UTF-8 bytes. `sequence` is the scope's, read in the same step. */
export interface RangeResult {
  members: string[];
  total: number;
  sequence: number;
}

export interface Store {
  readonly cells: number;
  read<T = Json>(scope: Scope, keys: readonly string[]): Promise<(Entry<T> | undefined)[]>;
  range(scope: Scope, index: string, query: RangeQuery): Promise<RangeResult>;
  has(scope: Scope, index: string, members: readonly string[]): Promise<boolean[]>;
  commit(scope: Scope, change: Change): Promise<CommitResult>;
  /** Takes away what is left of a scope that has ended; broken off, it is called again. False: the scope goes on, and nothing was done. */
  sweep(scope: Scope): Promise<boolean>;
  /** Of each cell: how often its history was broken off. A scope's numbers go on at epoch × 10¹² + 1, if they are not further. */
  epochs(): Promise<number[]>;
  /** Begins an epoch in every cell: after whatever may have taken the store back to an earlier state. */
  raiseEpoch(): Promise<void>;
  /** The outbox of a service; undefined where commits stand in the bus's log at once (embedded). */
  outbox(service: string): Outbox | undefined;
  /** Resolves when the store answers; rejects with {@link StoreUnavailable} otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface OutboxEntry {
  /** Ascending in its cell. */
  id: string;
  tenant: string;
  record: EventRecord;
}

/** What is committed and not yet published, cell by cell. The relay is its one reader. */
export interface Outbox {
  /** The oldest entries of a cell. */
  read(cell: number, limit: number): Promise<OutboxEntry[]>;
  /** Forgets the entries up to and with `id`: they are on the topic. */
  trim(cell: number, id: string): Promise<void>;
  /** True while `holder` may publish the cell: takes a free or lapsed lease, or extends its own, for `ms`. */
  lease(cell: number, holder: string, ms: number): Promise<boolean>;
  /** Gives a lease of its own back. */
  release(cell: number, holder: string): Promise<void>;
  /** Calls back with a cell when something was appended to it, by any process, or may have been. May miss some; a slow poll covers for it. */
  onAppend(listener: (cell: number) => void): () => void;
  depth(): Promise<OutboxDepth>;
}

/** Entries that wait, in which cells, and when the oldest was committed (ms since 1970). */
export interface OutboxDepth {
  entries: number;
  filled: number[];
  oldest?: number;
}

/** The store does not answer. Nothing is known of a commit that was under way; sending the same change again settles it. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
  readonly retryable = true;
}

/** The scope has ended: nothing is written to it any more. Whoever looks again finds that what was asked about is gone. */
export class ScopeEnded extends Error {
  override name = 'ScopeEnded';
  readonly retryable = true;
  constructor() {
    super('the scope has ended');
  }
}

/** For whoever has nothing to do where a scope has ended. */
export function unlessEnded(error: unknown): void {
  if (!(error instanceof ScopeEnded)) throw error;
}
