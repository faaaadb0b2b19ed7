import type { Fact, Positioned } from '@claras/contracts/events';
import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import { type DeadLetters, eventOf } from './dead-letters.ts';
import type { PauseGate } from './pause-gate.ts';

const glance = 2000;
const atOnce = 100;
export const defaultRate = 50;

export interface ReplayParts<F extends Fact> {
  consumer: string;
  letters: DeadLetters;
  runtime: Runtime;
  log: Log;
  signal: AbortSignal;
  gate: PauseGate;
  /**
   * As for an event that was just read: what its tenant is past already changes nothing, whoever else takes it at the same time. Resolves with
   * what is at fault, if it is parked for that.
   */
  take(event: Positioned<F>): Promise<Error | undefined>;
}

/**
 * Tries the dead letters of a consumer again that somebody decided to replay, at the rate that was asked for. A letter is done with when
 * what it led to is durable: stopped in between, the next process goes on with it.
 */
export async function replayForEver<F extends Fact>({
  consumer,
  letters,
  runtime,
  log,
  signal,
  gate,
  take,
}: ReplayParts<F>): Promise<void> {
  async function replay(id: string): Promise<number> {
    const entry = await letters.get(id);
    if (entry?.value.state !== 'replaying') return 0;
    const { topic, record, attempts, rate = defaultRate } = entry.value;
    const { verdict } = await letters.foretell(entry.value);
    const event = eventOf<F>(topic, record);
    const fault = event instanceof Error ? event : await take(event);
    const became = fault ? ({ state: 'parked', reason: fault.message } as const) : ({ state: 'replayed', outcome: verdict } as const);
    await letters.change(entry, { ...became, attempts: attempts + 1 });
    log.info({ consumer, letter: id, verdict, ...became }, 'replayed a dead letter');
    return 1000 / rate;
  }

  while (!signal.aborted) {
    try {
      const { letters: due } = gate.isPaused() ? { letters: [] } : await letters.list({ state: 'replaying', consumer, limit: atOnce });
      for (const { id } of due) {
        if (gate.isPaused()) break;
        const pause = await replay(id);
        if (signal.aborted) return;
        await runtime.sleep(pause, signal);
      }
      if (due.length === atOnce) continue;
    } catch (error) {
      log.warn({ err: error, consumer }, 'cannot replay; trying again');
    }
    await runtime.sleep(glance, signal);
  }
}
