import type { EventSource } from '@claras/contracts/topics';
import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import type { Config, Setting } from './config.ts';
import type { ConsumerParts } from './consumer.ts';
import { operationsServer } from './operations-server.ts';
import { type Running, run } from './run.ts';
import { tellEvents } from './tell-events.ts';

/** Runs a process that is one consumer: what all of them are wired to, and the operations server beside it. */
export function runConsumer<Needed extends Setting>(
  env: Record<string, string | undefined>,
  name: EventSource,
  needed: readonly Needed[],
  start: (parts: ConsumerParts, config: Config & Required<Pick<Config, Needed>>) => Promise<Running>,
): Promise<void> {
  return run(env, name, needed, async ({ config, log, metrics, health }) => {
    const seen = { metrics, health };
    const operations = await operationsServer(config, seen);
    const { store, bus, relay, close } = await openBacking({ ...config, runtime, log });
    const telling = tellEvents({ store, relay }, [name], { ...seen, runtime });
    const consumer = await start({ ...seen, store, bus, runtime, log }, config);
    return {
      async close() {
        await consumer.close();
        await telling.close();
        await close();
        await operations.close();
      },
    };
  });
}
