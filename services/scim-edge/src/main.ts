import { keys } from '@claras/directory/keys';
import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { operationsRoutes } from '@claras/service-kit/operations-routes';
import { run } from '@claras/service-kit/run';
import { tellEvents } from '@claras/service-kit/tell-events';
import { watchDependencies } from '@claras/service-kit/watch-dependencies';
import { edgeMetrics } from './edge-metrics.ts';
import { edgeServer } from './edge-server.ts';

await run(process.env, 'scim-edge', async ({ config, log, metrics, health }) => {
  const backing = await openBacking({ ...config, runtime, log });
  const relay = tellEvents(backing, ['edge', 'edge-outcome'], { metrics, health, runtime });
  const watch = watchDependencies({ store: backing.store.ping, bus: backing.bus.ping }, { health, runtime, log });

  const durable = { store: backing.store, runtime };
  const { keyPepper: peppers, tenantUrl } = config;
  const app = edgeServer({ ...durable, keys: keys({ ...durable, peppers }), tenantUrl, log, metrics: edgeMetrics(metrics) });
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
