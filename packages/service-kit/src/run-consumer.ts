import type { EventSource } from '@claras/contracts/topics';
import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import type { ConsumerParts } from './consumer.ts';
import type { ConfigOf, ProcessName } from './needed-settings.ts';
import { operationsServer } from './operations-server.ts';
import { type Running, run } from './run.ts';
import { tellEvents } from './tell-events.ts';

/** Runs a process that is one consumer: what all of them are wired to, and the operations server beside it. */
export function runConsumer<Name extends EventSource & ProcessName>(
  env: Record<string, string | undefined>,
  name: Name,
  start: (parts: ConsumerParts, config: ConfigOf<Name>) => Promise<Running>,
): Promise<void> {
  return run(env, name, async ({ config, log, metrics, health }) => {
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
