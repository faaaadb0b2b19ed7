import type { Snapshots } from '@claras/directory/snapshots';
import type { Log } from '@claras/ports/log';
import type { PauseGate } from '@claras/service-kit/pause-gate';
import type { Problems } from '@claras/service-kit/problems';

const madeAtOnce = 4;

interface Parts {
  wanted: Snapshots;
  log: Log;
  problems: Problems;
  gate: PauseGate;
  signal: AbortSignal;
}

/**
 * Makes the snapshots of many tenants a turn at a time. Who is new has a turn first: in it a small snapshot is made, and large ones share what
 * is left.
 */
export function makeInTurns({ wanted, log, problems, gate, signal }: Parts) {
  /** In the order of their turns; those at work stand in `running`. */
  let due: string[] = [];
  const running = new Map<string, Promise<void>>();
  /** They are tried again at the next look. */
  const failed = new Set<string>();

  function startDue(): void {
    while (due.length > 0 && running.size < madeAtOnce && !gate.isPaused() && !signal.aborted) start(due.shift()!);
  }

  function start(tenant: string): void {
    const turn = take(tenant).finally(() => {
      running.delete(tenant);
      startDue();
    });
    running.set(tenant, turn);
  }

  async function take(tenant: string): Promise<void> {
    try {
      const made = await wanted.attend(tenant, AbortSignal.any([signal, gate.signal()]));
      if (made === 'unfinished') due.push(tenant);
      failed.delete(tenant);
    } catch (error) {
      failed.add(tenant);
      log.warn({ err: error, tenant }, 'cannot make a snapshot; trying again');
    }
    tell();
  }

  function tell(): void {
    if (failed.size > 0) problems.set('making', 'snapshots wait: they cannot be made');
    else problems.clear('making');
  }

  return {
    /** `found`: all tenants of which a snapshot is wanted now. */
    make(found: readonly string[]): void {
      const still = new Set(found);
      const waited = new Set([...due, ...running.keys()]);
      due = [...found.filter((tenant) => !waited.has(tenant)), ...due.filter((tenant) => still.has(tenant))];
      for (const tenant of failed) if (!still.has(tenant)) failed.delete(tenant);
      tell();
      startDue();
    },
    ended: async (): Promise<void> => void (await Promise.all(running.values())),
  };
}
