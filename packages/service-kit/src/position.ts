import type { Runtime } from '@claras/ports/runtime';
import type { Change, Scope, Store } from '@claras/ports/store/store';

/** How far a consumer is with a tenant: everything up to `applied` is in its projection. */
export interface Position {
  applied: number;
  /** True while the tenant's events wait in the queue aside. */
  aside: boolean;
  /** Of the document: a move from a position that was left is refused. */
  version: number;
}

/** A consumer's own documents and indexes of a tenant, beside the position, and the events that tell of it. */
export type ProjectionChange = Pick<Change, 'put' | 'remove' | 'index' | 'drop' | 'events'>;

/** Someone else moved the tenant's position: what was read is old. Reading it again settles it. */
export class PositionMoved extends Error {
  override name = 'PositionMoved';
  readonly retryable = true;
}

const key = 'position';

/** Positions of a consumer's tenants. A projection changes only together with its position, so it is always as of that sequence. */
export function positions(store: Store, runtime: Runtime, service: string) {
  const scopeOf = (tenant: string): Scope => `${service}/${tenant}`;
  return {
    scopeOf,
    async read(tenant: string): Promise<Position> {
      const [entry] = await store.read<{ applied: number; aside: boolean }>(scopeOf(tenant), [key]);
      return entry ? { ...entry.value, version: entry.version } : { applied: 0, aside: false, version: 0 };
    },
    async move(tenant: string, from: Position, to: Omit<Position, 'version'>, change: ProjectionChange = {}): Promise<Position> {
      const { applied, aside } = to;
      const result = await store.commit(scopeOf(tenant), {
        ...change,
        id: runtime.id(),
        time: runtime.now(),
        expect: { [key]: from.version },
        put: { ...change.put, [key]: { applied, aside } },
      });
      if (!result.ok) throw new PositionMoved(`the position was moved by another process (${result.conflict})`);
      return { applied, aside, version: result.version };
    },
  };
}
export type Positions = ReturnType<typeof positions>;

/**
 * What follows on `applied` without a gap, in order and once (a topic may repeat itself), and what stands behind a gap.
 */
export function inOrder<E extends { sequence: number }>(events: readonly E[], applied: number): { next: E[]; behind: E[] } {
  const next: E[] = [];
  const behind: E[] = [];
  let last = applied;
  for (const event of events) {
    if (event.sequence <= last) continue;
    if (event.sequence === last + 1) {
      next.push(event);
      last++;
    } else behind.push(event);
  }
  return { next, behind: behind.filter((event) => event.sequence > last) };
}
