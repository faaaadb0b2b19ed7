import type { Fact, Positioned } from '@claras/contracts/events';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import { type AsideQueues, type AsideReason, type HeldClaim, withoutAside } from './aside.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { PauseGate } from './pause-gate.ts';
import { type Follows, inOrder, type Position, type Positions } from './position.ts';
import type { Problems } from './problems.ts';
import { Interrupted, isRetryable } from './retryable.ts';
import { type Handle, takeTurn } from './turn.ts';

interface Parts<F extends Fact> {
  queues: AsideQueues<F>;
  positions: Positions;
  handle: Handle<F>;
  settled(events: readonly Positioned<F>[]): void;
  runtime: Runtime;
  log: Log;
  measure: ConsumerMetrics;
  problems: Problems;
  gate: PauseGate;
  follows?: Follows | undefined;
  /** Asks for what lets a tenant go on that stands still behind `applied`. */
  ask(tenant: string, applied: number, reason: AsideReason): Promise<void>;
}

const lookEvery = 5_000;
const renewEvery = 5_000;
const eventsAtOnce = 200;
const drainsAtOnce = 8;

const what: Record<AsideReason, string> = {
  work: 'tenants in tenant-sized or slow work',
  gap: 'tenants stopped: an event is missing',
  fault: 'tenants stopped: an event cannot be applied',
};

/** Works off the queues of tenants that were set aside, beside the partitions: at once when told, and at each look. */
export function drainAside<F extends Fact>(parts: Parts<F>) {
  const { queues, positions, runtime, log, measure, problems, gate } = parts;
  const closing = new AbortController();
  const running = new Map<string, Promise<void>>();
  /** Claims of the last look that were not attended to yet, and when each tenant was last. */
  let due: HeldClaim[] = [];
  let attended = new Map<string, number>();
  let woken = new AbortController();

  /** Until the queue is empty, or it is told to stop, or the tenant cannot go on: then why. */
  async function drain(claim: HeldClaim): Promise<AsideReason | undefined> {
    let held = claim;
    const { tenant } = claim.value;
    const settled = async (done: readonly Positioned<F>[]): Promise<void> => {
      parts.settled(done);
      if (runtime.now() - held.time >= renewEvery) held = (await queues.take(held)) ?? held;
    };
    const signal = AbortSignal.any([closing.signal, gate.signal()]);
    while (!signal.aborted) {
      const position = await positions.read(tenant);
      const { events, queue } = await queues.first(tenant, eventsAtOnce);
      // Also where the tenant was erased meanwhile: what waited may stand there still.
      if (events.length === 0 || !position.aside) return void (await queues.finish(held, position, queue));
      const { next } = inOrder(events, position.applied, parts.follows);
      const done = events.filter(({ sequence }) => sequence <= position.applied).map(({ sequence }) => sequence);
      if (done.length > 0) await positions.move(tenant, position, position, withoutAside(done));
      else if (next.length === 0) {
        if (!(await beginAnew(tenant, position))) return 'gap';
        // Nothing is missing any more.
        held = (await queues.take(held, 'work')) ?? held;
      } else {
        const turn = takeTurn({ positions, tenant, position, events: next, background: true, signal, settled });
        await parts.handle(turn.turn);
        if (turn.position().applied === position.applied) throw new Error('a turn in the background settled nothing');
      }
    }
    return undefined;
  }

  /** Goes on with a snapshot, if one is queued behind what is next: what stands before it is superseded. */
  async function beginAnew(tenant: string, position: Position): Promise<boolean> {
    const restart = await queues.restart(tenant, position.applied + 1);
    if (restart === undefined) return false;
    log.warn({ tenant, applied: position.applied, restart }, 'begins anew with a snapshot');
    await positions.move(tenant, position, { applied: restart - 1, aside: true, anew: restart });
    return true;
  }

  async function attend(claim: HeldClaim): Promise<void> {
    const { tenant } = claim.value;
    const held = await queues.take(claim);
    if (!held) return;
    try {
      const reason = await drain(held);
      if (reason) await tell(tenant, reason);
      if (reason === 'gap') await parts.ask(tenant, (await positions.read(tenant)).applied, reason);
    } catch (error) {
      if (error instanceof Interrupted) return;
      log[isRetryable(error) ? 'warn' : 'error']({ err: error, tenant }, 'events wait aside; trying again');
      if (isRetryable(error)) return;
      await tell(tenant, 'fault');
      const position = await positions.read(tenant);
      if (await beginAnew(tenant, position)) woken.abort();
    }
  }

  async function tell(tenant: string, reason: AsideReason): Promise<void> {
    const claim = await queues.claimOf(tenant);
    if (!claim || claim.value.reason === reason) return;
    log.error({ tenant, reason }, what[reason]);
    await queues.take(claim, reason);
  }

  async function look(): Promise<void> {
    const claims = await queues.claims();
    for (const reason of Object.keys(what) as AsideReason[]) {
      const tenants = claims.filter(({ value }) => value.reason === reason).length;
      measure.stopped(reason, tenants);
      if (tenants === 0 || reason === 'work') problems.clear(`aside ${reason}`);
      else problems[reason === 'gap' ? 'set' : 'needSomebody'](`aside ${reason}`, `${tenants} ${what[reason]}`);
    }
    attended = new Map(claims.map(({ value: { tenant } }) => [tenant, attended.get(tenant) ?? 0]));
    due = claims.sort((a, b) => attended.get(a.value.tenant)! - attended.get(b.value.tenant)!);
    startDue();
  }

  /** Whoever waits longest first: tenants that stand still keep nobody else waiting. */
  function startDue(): void {
    while (due.length > 0 && running.size < drainsAtOnce && !gate.isPaused() && !closing.signal.aborted) start(due.shift()!);
  }

  function start(claim: HeldClaim): void {
    const { tenant } = claim.value;
    if (running.has(tenant)) return;
    attended.set(tenant, runtime.now());
    const attending = attend(claim)
      .catch((error: unknown) => log.warn({ err: error, tenant }, 'events wait aside; trying again'))
      .finally(() => {
        running.delete(tenant);
        startDue();
      });
    running.set(tenant, attending);
  }

  async function live(): Promise<void> {
    while (!closing.signal.aborted) {
      woken = new AbortController();
      await look().catch((error: unknown) => log.warn({ err: error }, 'cannot look at what waits aside; trying again'));
      await runtime.sleep(lookEvery, AbortSignal.any([closing.signal, woken.signal]));
    }
  }
  const life = live();
  const wake = () => woken.abort();
  gate.follow(wake);

  return {
    wake,
    async close(): Promise<void> {
      closing.abort();
      await life;
      await Promise.all(running.values());
    },
  };
}
