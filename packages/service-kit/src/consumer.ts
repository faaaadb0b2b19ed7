import { erasureAmong, type Fact, type Positioned } from '@claras/contracts/events';
import type { TopicName } from '@claras/contracts/topics';
import type { Bus } from '@claras/ports/bus/bus';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { Store } from '@claras/ports/store/store';
import { alarms as alarmsOf } from './alarms.ts';
import { type AsideReason, asideQueues } from './aside.ts';
import { drainAside } from './aside-drain.ts';
import { consumerMetrics } from './consumer-metrics.ts';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';
import { pauseGate } from './pause-gate.ts';
import { type Follows, inOrder, positions as positionsOf } from './position.ts';
import { createProblems } from './problems.ts';
import { isRetryable } from './retryable.ts';
import { snapshotRequests } from './snapshot-requests.ts';
import { readTopic } from './topic-reader.ts';
import { type Handle, type Turn, takeTurn } from './turn.ts';
import { watchAlarms } from './watch-alarms.ts';

/** What every consumer is made of, its own effects apart. */
export interface ConsumerParts {
  bus: Bus;
  store: Store;
  runtime: Runtime;
  log: Log;
  metrics: Metrics;
  health: Health;
}

/** A tenant that takes longer than this in a batch is set aside, so that its partition can go on (DECISIONS 10). */
const longestTurn = 2000;

/**
 * Reads a topic of facts and applies each to its tenant's projection in order and once, whatever is delivered twice, late or after a crash:
 * decide → core app → projection with the applied sequence → offset (DECISIONS 4). A tenant that cannot go on is set aside; its partition can.
 */
export async function consumeEvents<F extends Fact>(
  parts: ConsumerParts & { name: string; topic: TopicName; handle: Handle<F>; follows?: Follows; gathers?: boolean; checksData?: boolean },
): Promise<{ close(): Promise<void> }> {
  const { name, topic, store, runtime, log, handle, gathers, checksData } = parts;
  const measure = consumerMetrics(parts.metrics, name, topic);
  const problems = createProblems(parts.health, name);
  const gate = pauseGate({ name, store, runtime, log, measure, problems });
  const positions = positionsOf(store, runtime, name);
  const alarms = alarmsOf(parts);
  const queues = asideQueues<F>({ name, store, runtime, positions, alarms, holder: runtime.id() });
  const closing = new AbortController();

  const timed: Handle<F> = async (turn) => {
    const began = runtime.now();
    try {
      return await handle(turn);
    } finally {
      measure.handled((runtime.now() - began) / 1000);
    }
  };

  function settled(events: readonly Positioned<F>[]): void {
    const now = runtime.now();
    for (const { time } of events) measure.effective((now - Date.parse(time)) / 1000);
    measure.processed('applied', events.length);
  }

  /** Why not all of it was settled, if so. */
  async function attempt(turn: Turn<F>): Promise<AsideReason> {
    try {
      return (await timed(turn)) === 'later' ? 'work' : 'fault';
    } catch (error) {
      if (isRetryable(error)) throw error;
      log.error({ err: error, tenant: turn.tenant, sequence: turn.events[0]?.sequence }, 'cannot apply an event; the tenant is set aside');
      return 'fault';
    }
  }

  /** What a turn still does when its time is over changes nothing: it cannot settle any more, and its effects come again from the queue. */
  async function attemptInTime(turn: Turn<F>, late: AbortController): Promise<AsideReason> {
    const ended = new AbortController();
    const attempted = attempt(turn);
    const tooLong = runtime.sleep(longestTurn, ended.signal).then(() => undefined);
    const outcome = await Promise.race([attempted, tooLong]).finally(() => ended.abort());
    if (outcome) return outcome;
    late.abort();
    attempted.catch(() => {});
    log.warn({ tenant: turn.tenant }, 'a tenant is slow; it is set aside');
    return 'work';
  }

  async function take(tenant: string, events: Positioned<F>[]): Promise<void> {
    const position = await positions.read(tenant);
    const erased = erasureAmong(events);
    if (erased && erased.sequence > position.applied) return erase(tenant, erased.sequence);
    const { next, behind } = inOrder(events, position.applied, parts.follows);
    measure.processed('duplicate', events.length - next.length - behind.length);
    const fresh = [...next, ...behind];
    if (fresh.length === 0) return;
    if (position.aside) return setAside(tenant, position, fresh, 'work');

    const late = new AbortController();
    const signal = AbortSignal.any([closing.signal, late.signal]);
    const started = takeTurn({ positions, tenant, position, events: next, background: false, signal, settled });
    const fault = next.length > 0 ? await attemptInTime(started.turn, late) : 'gap';
    const { applied } = started.position();
    const left = fresh.filter(({ sequence }) => sequence > applied);
    const reason = applied === next.at(-1)?.sequence ? 'gap' : fault;
    if (left.length > 0) await setAside(tenant, started.position(), left, reason);
  }

  /** Whatever was said before, and waits aside, is superseded. What comes late is behind the position that stays. */
  async function erase(tenant: string, sequence: number): Promise<void> {
    await positions.end(tenant, sequence);
    measure.processed('applied');
    log.info({ tenant, sequence }, 'a tenant was erased');
    drain.wake();
  }

  async function setAside(...[tenant, position, events, reason]: Parameters<typeof queues.add>): Promise<void> {
    const missed = await queues.add(tenant, position, events, reason);
    measure.processed('aside', events.length);
    measure.processed('missed', missed);
    if (reason === 'gap')
      log.error({ tenant, applied: position.applied, next: events[0]?.sequence }, 'an event is missing; the tenant waits');
    drain.wake();
  }

  const watch = watchAlarms({ name, alarms, runtime, log, measure, problems });
  const ask = topic === 'directory' ? snapshotRequests({ name, bus: parts.bus, runtime }) : async () => {};
  const { follows } = parts;
  const drain = drainAside({ queues, positions, handle: timed, settled, runtime, log, measure, problems, gate, ask, follows });
  const reader = await readTopic({ name, topic, bus: parts.bus, store, runtime, log, measure, problems, gate, gathers, checksData, take });
  return {
    async close() {
      closing.abort();
      await Promise.all([reader.close(), drain.close(), watch.close()]);
    },
  };
}
