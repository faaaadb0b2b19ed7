import { atMost } from './at-most.ts';
import { backoff } from './backoff.ts';
import type { Bus } from './bus/bus.ts';
import type { Log } from './log.ts';
import type { Runtime } from './runtime.ts';
import type { Outbox, OutboxDepth } from './store/store.ts';

const leaseMs = 5000;
/** Between looks at what waits, while something does and while nothing does. */
const pollMs = { busy: 300, quiet: 1000 };
const mostEntries = 500;
const closeMs = 5000;

export interface Relay {
  /** Lets the batches in hand finish (5 s at most) and gives its leases back. */
  close(): Promise<void>;
}

export interface RelayOptions {
  outbox: Outbox;
  bus: Bus;
  topic: string;
  cells: number;
  runtime: Runtime;
  /** A name that no other relay has. */
  holder: string;
  /** For how long entries gather before they are published together; 0 where it is not said. */
  lingerMs?: number | undefined;
  log?: Log | undefined;
  /** `failed`: the store or the bus does not answer, with the reason; `working` once they do again. */
  onState?(state: 'working' | 'failed', detail?: string): void;
  /** What waits, at each look: once a second or more often. */
  onDepth?(depth: OutboxDepth): void;
}

interface Cell {
  number: number;
  /** Something may wait in its outbox. */
  wanted: boolean;
  busy?: Promise<void> | undefined;
  /** Up to where it is on the topic and not yet trimmed. */
  published?: string | undefined;
  /** Until when it is leased here; 0 = not. */
  leasedUntil: number;
  /** Until when another relay is taken to hold it. */
  othersUntil: number;
}

/**
 * Publishes what was committed: each cell's entries in order, at least once, to the cell's one partition. An entry leaves the outbox only
 * after the bus took it, so whatever is killed when, the next relay begins with the oldest that may be missing. The lease spares double
 * work, no more: a relay that lost it while it slept repeats records, and never brings one before its turn, because what it read can only
 * have been followed by what was published after it (DECISIONS 7). Cells go side by side, with one publish of a cell under way.
 */
export function relay({ outbox, bus, topic, cells, runtime, holder, lingerMs = 0, log, onState, onDepth }: RelayOptions): Relay {
  const closing = new AbortController();
  const { signal } = closing;
  const lanes: Cell[] = Array.from({ length: cells }, (_, number) => ({ number, wanted: false, leasedUntil: 0, othersUntil: 0 }));
  /** Cells that failed and have not recovered. */
  let failing = 0;

  /** One lease call serves half a lease. A cell is leased when something waits in it, and left alone for a while when another holds it. */
  async function isMine(cell: Cell): Promise<boolean> {
    const now = runtime.now();
    if (now < cell.leasedUntil - leaseMs / 2) return true;
    if (now < cell.othersUntil) return false;
    if (now >= cell.leasedUntil && (await outbox.read(cell.number, 1)).length === 0) return false;
    const mine = await outbox.lease(cell.number, holder, leaseMs);
    cell.leasedUntil = mine ? now + leaseMs : 0;
    cell.othersUntil = mine ? 0 : now + pollMs.busy;
    return mine;
  }

  async function trim({ number, published }: Cell): Promise<void> {
    if (published !== undefined) await outbox.trim(number, published);
  }

  /** Trims what it published before and reads on in the same turn: a round trip less for each that follows. False: nothing waits. */
  async function publishOldest(cell: Cell): Promise<boolean> {
    const [, entries] = await Promise.all([trim(cell), outbox.read(cell.number, mostEntries)]);
    // Where the trim came second, they stand there once more.
    const fresh = entries.slice(entries.findIndex(({ id }) => id === cell.published) + 1);
    cell.published = undefined;
    if (fresh.length > 0)
      await bus.publish(
        topic,
        fresh.map(({ record }) => record),
      );
    cell.published = fresh.at(-1)?.id;
    return entries.length > 0;
  }

  async function work(cell: Cell): Promise<void> {
    for (let failures = 0; cell.wanted && !signal.aborted; ) {
      cell.wanted = false;
      try {
        if (lingerMs > 0) await runtime.sleep(lingerMs, signal);
        if ((await isMine(cell)) && (await publishOldest(cell))) cell.wanted = true;
        if (failures > 0) recovered();
        failures = 0;
      } catch (error) {
        cell.wanted = true;
        if (failures++ === 0) failed(error as Error);
        await backoff(runtime, failures, 2000, signal);
      }
    }
    cell.busy = undefined;
  }

  function failed(error: Error): void {
    if (failing++ > 0) return;
    log?.warn({ topic, error: error.message }, 'the relay waits');
    onState?.('failed', error.message);
  }

  function recovered(): void {
    if (--failing > 0) return;
    log?.info({ topic }, 'the relay goes on');
    onState?.('working');
  }

  function wake(cell: Cell | undefined): void {
    if (!cell || signal.aborted) return;
    cell.wanted = true;
    cell.busy ??= work(cell);
  }

  /** Covers for wake-ups that were missed and for relays that died. */
  async function poll(): Promise<void> {
    for (let first = true; !signal.aborted; first = false) {
      const depth = await outbox.depth().catch(() => undefined);
      if (depth) onDepth?.(depth);
      const due = first || !depth ? lanes.keys() : depth.filled;
      for (const cell of due) wake(lanes[cell]);
      await runtime.sleep(depth?.entries === 0 ? pollMs.quiet : pollMs.busy, signal);
    }
  }

  const unsubscribe = outbox.onAppend((number) => wake(lanes[number]));
  const polling = poll();

  async function leave(): Promise<void> {
    await Promise.all([polling, ...lanes.map(({ busy }) => busy)]);
    await Promise.all(lanes.map((cell) => trim(cell).catch(() => {})));
    const leased = lanes.filter(({ leasedUntil }) => leasedUntil > runtime.now());
    await Promise.all(leased.map(({ number }) => outbox.release(number, holder).catch(() => {})));
  }

  return {
    async close() {
      unsubscribe();
      closing.abort();
      await atMost(closeMs, leave(), runtime);
    },
  };
}
