import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { operationsRoutes } from '@claras/service-kit/operations-routes';
import { run } from '@claras/service-kit/run';
import { tellEvents } from '@claras/service-kit/tell-events';
import { watchDependencies } from '@claras/service-kit/watch-dependencies';
import Fastify from 'fastify';
import { coreApp } from './core-app.ts';
import { coreAppPath, coreAppRoutes } from './routes.ts';

await run(process.env, 'core-app', async ({ config, log, metrics, health }) => {
  const backing = await openBacking({ ...config, runtime, log });
  const watch = watchDependencies({ store: backing.store.ping }, { health, runtime, log });
  const app = Fastify();
  const core = coreApp({ store: backing.store, runtime });
  const relay = tellEvents(backing, ['core'], { metrics, health, runtime });
  await app.register(coreAppRoutes({ core, token: config.coreAppToken, log }), { prefix: coreAppPath });
  await app.register(operationsRoutes({ metrics, health }));
  await app.listen(config);
  return {
    async close() {
      await app.close();
      await core.close();
      await relay.close();
      await watch.close();
      await backing.close();
    },
  };
});
