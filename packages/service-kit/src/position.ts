import { followsOn } from '@claras/contracts/sequence';
import type { Runtime } from '@claras/ports/runtime';
import { merged } from '@claras/ports/store/keyed';
import type { Change, Entry, Scope, Store } from '@claras/ports/store/store';

/** How far a consumer is with a tenant: everything up to `applied` is in its projection. */
export interface Position {
  applied: number;
  /** True while the tenant's events wait in the queue aside. */
  aside: boolean;
  /** Sequence of the snapshot with which it began anew last: what it had known before was not whole. */
  anew?: number;
  /** Of the document: a move from a position that was left is refused. */
  version: number;
}

/** A consumer's own documents and indexes of a tenant, beside the position, and the events that tell of it. */
export type ProjectionChange = Pick<Change, 'expect' | 'put' | 'remove' | 'index' | 'drop' | 'events'>;

/** Someone else moved the tenant's position: what was read is old. Reading it again settles it. */
export class PositionMoved extends Error {
  override name = 'PositionMoved';
  readonly retryable = true;
}

const key = 'position';

/** Positions of a consumer's tenants. A projection changes only together with its position, so it is always as of that sequence. */
export function positions(store: Store, runtime: Runtime, service: string) {
  const scopeOf = (tenant: string): Scope => `${service}/${tenant}`;
  /** With documents of the projection as of it. */
  async function readWith<T>(tenant: string, keys: readonly string[]): Promise<{ position: Position; entries: (Entry<T> | undefined)[] }> {
    const [at, ...entries] = await store.read<unknown>(scopeOf(tenant), [key, ...keys]);
    const position = at ? { ...(at.value as Omit<Position, 'version'>), version: at.version } : { applied: 0, aside: false, version: 0 };
    return { position, entries: entries as (Entry<T> | undefined)[] };
  }

  return {
    scopeOf,
    readWith,
    read: async (tenant: string): Promise<Position> => (await readWith(tenant, [])).position,
    async move(tenant: string, from: Position, to: Omit<Position, 'version'>, change: ProjectionChange = {}): Promise<Position> {
      const { applied, aside, anew = from.anew } = to;
      const moved = { applied, aside, ...(anew === undefined ? {} : { anew }) };
      const result = await store.commit(scopeOf(tenant), {
        ...change,
        id: runtime.id(),
        time: runtime.now(),
        expect: merged(change.expect, { [key]: from.version }),
        put: merged<unknown>(change.put, { [key]: moved }),
      });
      if (!result.ok) throw new PositionMoved(`the position was moved by another process (${result.conflict})`);
      return { ...moved, version: result.version };
    },
    /** Ends the projection of a tenant that was erased. Only the position is left, before which everything late stands. */
    async end(tenant: string, sequence: number): Promise<void> {
      const put = { [key]: { applied: sequence, aside: false } };
      await store.commit(scopeOf(tenant), { id: runtime.id(), time: runtime.now(), end: true, put });
    },
  };
}
export type Positions = ReturnType<typeof positions>;

export type Follows = (sequence: number, last: number) => boolean;

/**
 * What follows on `applied` without a gap, in order and once (a topic may repeat itself), and what stands behind a gap. `follows`: what may come
 * next.
 */
export function inOrder<E extends { sequence: number }>(
  events: readonly E[],
  applied: number,
  follows: Follows = followsOn,
): { next: E[]; behind: E[] } {
  const next: E[] = [];
  const behind: E[] = [];
  let last = applied;
  for (const event of events) {
    if (event.sequence <= last) continue;
    if (follows(event.sequence, last)) {
      next.push(event);
      last = event.sequence;
    } else behind.push(event);
  }
  return { next, behind: behind.filter((event) => event.sequence > last) };
}
