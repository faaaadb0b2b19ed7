import type { Log } from '@claras/ports/log';
import type { Runtime } from '@claras/ports/runtime';
import type { Store } from '@claras/ports/store/store';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import { pauses } from './pauses.ts';
import type { Problems } from './problems.ts';

/** Every process of a consumer obeys within twice this. */
const glance = 1000;

export interface PauseGate {
  /** True while the operator has the consumer paused, and until it is known that he has not. What has begun then finishes; nothing begins. */
  isPaused(): boolean;
  /** Aborted at the next pause, for work that is long and can stop in between. */
  signal(): AbortSignal;
  /** Tells now and at each change. */
  follow(obey: (paused: boolean) => void): void;
  close(): Promise<void>;
}

/** Watches whether a consumer is paused, and says so on /health (it is no problem) and in the metrics. */
export function pauseGate(parts: {
  /** The consumer group. */
  name: string;
  store: Store;
  runtime: Runtime;
  log: Log;
  measure: ConsumerMetrics;
  problems: Problems;
}): PauseGate {
  const { name, runtime, log, measure, problems } = parts;
  const state = pauses(parts);
  const closing = new AbortController();
  const followers: ((paused: boolean) => void)[] = [];
  let paused = true;
  let pausing = new AbortController();
  pausing.abort();

  async function look(): Promise<void> {
    const pause = (await state.read([name]))[0]!.paused;
    problems.clear('pause');
    problems.note(pause && `paused by ${pause.by} since ${pause.since}`);
    measure.paused(pause !== undefined);
    if (paused === (pause !== undefined)) return;
    paused = pause !== undefined;
    if (paused) pausing.abort();
    else pausing = new AbortController();
    log.info({ consumer: name, ...pause }, paused ? 'paused' : 'not paused');
    for (const obey of followers) obey(paused);
  }

  async function live(): Promise<void> {
    while (!closing.signal.aborted) {
      await look().catch(() => problems.set('pause', 'cannot tell whether it is paused'));
      await runtime.sleep(glance, closing.signal);
    }
  }
  const life = live();

  return {
    isPaused: () => paused,
    signal: () => pausing.signal,
    follow(obey) {
      followers.push(obey);
      obey(paused);
    },
    async close() {
      closing.abort();
      await life;
    },
  };
}
