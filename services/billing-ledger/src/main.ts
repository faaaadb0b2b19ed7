import { openBacking } from '@claras/ports/backing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { operationsRoutes } from '@claras/service-kit/operations-routes';
import { run } from '@claras/service-kit/run';
import { watchDependencies } from '@claras/service-kit/watch-dependencies';
import Fastify from 'fastify';
import { ledger } from './ledger.ts';
import { ledgerPath, ledgerRoutes } from './routes.ts';

await run(process.env, 'billing-ledger', async ({ config, log, metrics, health }) => {
  const backing = await openBacking({ ...config, runtime, log });
  const watch = watchDependencies({ store: backing.store.ping }, { health, runtime, log });
  const app = Fastify();
  const parts = { ledger: ledger({ store: backing.store, runtime }), token: config.billingToken, log };
  await app.register(ledgerRoutes(parts), { prefix: ledgerPath });
  await app.register(operationsRoutes({ metrics, health }));
  await app.listen(config);
  return {
    async close() {
      await app.close();
      await watch.close();
      await backing.close();
    },
  };
});
