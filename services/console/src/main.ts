import { keys } from '@claras/directory/keys';
import { openBacking } from '@claras/ports/backing';
import { openBilling } from '@claras/ports/billing/open-billing';
import { httpCoreApp } from '@claras/ports/core-app/http-core-app';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { operationsRoutes } from '@claras/service-kit/operations-routes';
import { run } from '@claras/service-kit/run';
import { tellEvents } from '@claras/service-kit/tell-events';
import { watchDependencies } from '@claras/service-kit/watch-dependencies';
import { auditLog } from './audit-log/consumer.ts';
import { consoleServer } from './console-server.ts';
import { tenantEraser } from './erasures/tenant-eraser.ts';
import { keyWatch } from './key-watch.ts';
import { provisioningLog } from './provisioning-log/consumer.ts';
import { openIdFrom } from './sign-in/openid-connect.ts';
import { signIn } from './sign-in/sign-in.ts';
import { silenceWatch } from './silence-watch.ts';
import { snapshotMaker } from './snapshots/snapshot-maker.ts';

await run(process.env, 'console', async ({ config, log, metrics, health }) => {
  const { store, bus, ...backing } = await openBacking({ ...config, runtime, log });
  const team = httpCoreApp({ url: config.coreAppUrl, token: config.coreAppToken });
  const billing = openBilling(config.billingUrl, config.billingToken);
  const parts = { store, bus, runtime, log, metrics, health };
  const apiKeys = keys({ store, runtime, peppers: config.keyPepper });
  const signedIn = signIn({ store, runtime, team });
  const projections = await Promise.all([provisioningLog(parts), auditLog(parts), snapshotMaker(parts)]);
  // For whoever looks at the operations page. Stripe counts what it is asked, and is watched by billing-sync alone.
  const asked = (question: (tenant: string) => Promise<unknown>) => async () => void (await question('health'));
  const ledger = config.billingUrl.startsWith('ledger:') ? { billing: asked(billing.billed) } : {};
  const beside = [
    ...projections,
    keyWatch({ ...parts, keys: apiKeys }),
    silenceWatch({ ...parts, keys: apiKeys }),
    tenantEraser({ ...parts, team, signIn: signedIn }),
    tellEvents({ store, ...backing }, ['edge', 'control'], { metrics, health, runtime }),
    watchDependencies({ store: store.ping, bus: bus.ping, 'core-app': asked(team.seats), ...ledger }, { health, runtime, log }),
  ];
  const guard = { keys: apiKeys, adminToken: config.adminToken };
  const { publicUrl, tenantUrl } = config;
  const openId = openIdFrom(config, runtime);
  const doors = { signIn: signedIn, openId, publicUrl, tenantUrl };
  const app = consoleServer({ store, runtime, bus, log, team, coreApp: team, billing, ...guard, ...doors });
  await app.register(operationsRoutes({ metrics, health }));
  await app.listen(config);
  return {
    async close() {
      await app.close();
      await Promise.all(beside.map((part) => part.close()));
      await backing.close();
    },
  };
});
