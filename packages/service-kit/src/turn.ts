import type { Fact, Positioned } from '@claras/contracts/events';
import { merged } from '@claras/ports/store/keyed';
import type { Entry, Json, Scope } from '@claras/ports/store/store';
import { withoutAside } from './aside.ts';
import { type Position, PositionMoved, type Positions, type ProjectionChange } from './position.ts';
import { Interrupted } from './retryable.ts';

/** A tenant's next events, and the one way to write what follows from them. */
export interface Turn<F extends Fact> {
  tenant: string;
  /** The tenant's slice of the consumer's store: the projection. */
  scope: Scope;
  /** Never empty; they follow on the applied sequence and on one another without a gap, or begin anew with a snapshot. */
  events: readonly Positioned<F>[];
  /** What the reader forgets everything for, since it missed something before it: a snapshot that it began anew with, or one that asks for it. */
  beginsAnew(event: F & { sequence: number }): boolean;
  /**
   * True: beside the partition, where tenant-sized work may be done. False: within a batch; work of that size is put off by resolving
   * 'later' before it, and comes again in the background.
   */
  background: boolean;
  /**
   * Documents of the projection, in one step with the position. Throws when that moved since this turn began: what was read before the first
   * effect outside is as of the position, and not as of later events that another process has applied meanwhile.
   */
  read<T = Json>(keys: readonly string[]): Promise<(Entry<T> | undefined)[]>;
  /** Commits a part of the projection together with the applied sequence, which may stay what it was. Throws when a newer one is there. */
  settle(through: number, change?: ProjectionChange): Promise<void>;
}

/**
 * Decides, has the effects outside (idempotent: an event may come again), then settles. 'later': what is not settled is tenant-sized.
 * An error with `retryable: true` is an outage, which the partition waits for; any other is a fault, which stops the tenant alone.
 */
export type Handle<F extends Fact> = (turn: Turn<F>) => Promise<'done' | 'later'>;

interface Parts<F extends Fact> {
  positions: Positions;
  tenant: string;
  position: Position;
  events: readonly Positioned<F>[];
  background: boolean;
  signal: AbortSignal;
  /** Told of the events that the applied sequence has just passed. */
  settled(events: readonly Positioned<F>[]): Promise<void> | void;
}

export function takeTurn<F extends Fact>({ positions, tenant, position, events, background, signal, settled }: Parts<F>) {
  let at = position;
  const turn: Turn<F> = {
    tenant,
    scope: positions.scopeOf(tenant),
    events,
    beginsAnew: ({ type, sequence, data }) => type === 'snapshot.started' && (data.rebuild || sequence === position.anew),
    background,
    async read<T>(keys: readonly string[]) {
      if (signal.aborted) throw new Interrupted();
      const { position, entries } = await positions.readWith<T>(tenant, keys);
      if (position.version !== at.version) throw new PositionMoved('the position was moved by another process');
      return entries;
    },
    async settle(through, change = {}) {
      if (signal.aborted) throw new Interrupted();
      const done = events.filter(({ sequence }) => sequence > at.applied && sequence <= through);
      const queue = withoutAside(done.map(({ sequence }) => sequence));
      at = await positions.move(tenant, at, { ...at, applied: through }, background ? joined(change, queue) : change);
      await settled(done);
    },
  };
  return { turn, position: () => at };
}

const joined = (change: ProjectionChange, queue: ReturnType<typeof withoutAside>): ProjectionChange => ({
  ...change,
  remove: [...(change.remove ?? []), ...queue.remove],
  index: merged(change.index, queue.index),
});
