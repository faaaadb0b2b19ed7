import { keys } from '@claras/directory/keys';
import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { readConfig } from '@claras/service-kit/config';
import { createHealth } from '@claras/service-kit/health';
import { createLog } from '@claras/service-kit/log';
import { createMetrics } from '@claras/service-kit/metrics';
import { operationsRoutes } from '@claras/service-kit/operations-routes';
import { run } from '@claras/service-kit/run';
import { tellEvents } from '@claras/service-kit/tell-events';
import { watchDependencies } from '@claras/service-kit/watch-dependencies';
import { edgeMetrics } from './edge-metrics.ts';
import { edgeServer } from './edge-server.ts';

await run('scim-edge', async () => {
  const config = readConfig(process.env, ['keyPepper']);
  const [log, health] = [createLog('scim-edge', config), createHealth()];
  const metrics = createMetrics('scim-edge');
  const backing = await openBacking({ ...config, runtime, log });
  const relay = tellEvents(backing, ['edge', 'edge-outcome'], { metrics, health, runtime });
  const watch = watchDependencies({ store: backing.store.ping, bus: backing.bus.ping }, { health, runtime, log });

  const durable = { store: backing.store, runtime };
  const app = edgeServer({ ...durable, keys: keys({ ...durable, pepper: config.keyPepper }), log, metrics: edgeMetrics(metrics) });
  await app.register(operationsRoutes({ metrics, health }));
  await app.listen(config);
  return {
    async close() {
      await app.close();
      await watch.close();
      await relay.close();
      await backing.close();
    },
  };
});
