import { archiver } from '@claras/archiver/consumer';
import { ledger } from '@claras/billing-ledger/ledger';
import { billingSync } from '@claras/billing-sync/consumer';
import { unreadable } from '@claras/console/api/api-errors';
import { consoleApi } from '@claras/console/api/console-api';
import { auditLog } from '@claras/console/audit-log/consumer';
import { apiPath } from '@claras/console/console-server';
import { tenantEraser } from '@claras/console/erasures/tenant-eraser';
import { keyWatch } from '@claras/console/key-watch';
import { provisioningLog } from '@claras/console/provisioning-log/consumer';
import { openIdFrom } from '@claras/console/sign-in/openid-connect';
import { signInUrl } from '@claras/console/sign-in/session-routes';
import { signIn } from '@claras/console/sign-in/sign-in';
import { silenceWatch } from '@claras/console/silence-watch';
import { snapshotMaker } from '@claras/console/snapshots/snapshot-maker';
import { webPages } from '@claras/console/web-pages';
import { type EventSource, topicOfService } from '@claras/contracts/topics';
import { coreApp } from '@claras/core-app/core-app';
import { keys } from '@claras/directory/keys';
import { openBacking } from '@claras/ports/backing';
import { openBilling } from '@claras/ports/billing/open-billing';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { profileSync } from '@claras/profile-sync/consumer';
import { roleMapper } from '@claras/role-mapper/consumer';
import { edgeMetrics } from '@claras/scim-edge/edge-metrics';
import { edgeRoutes, edgeServerOptions } from '@claras/scim-edge/edge-server';
import { operationsRoutes } from '@claras/service-kit/operations-routes';
import type { ProcessParts, Running } from '@claras/service-kit/run';
import { tellEvents } from '@claras/service-kit/tell-events';
import { watchDependencies } from '@claras/service-kit/watch-dependencies';
import Fastify from 'fastify';
import { localSecrets } from './secrets.ts';
import { welcome } from './welcome.ts';

/** Every service in one process on the embedded backing: one folder, one port, nothing else to install. */
export async function localGateway({ config, log, metrics, health }: ProcessParts): Promise<Running> {
  const { adminToken, pepper } = localSecrets(config.dataDir);
  const backing = await openBacking({ ...config, runtime, log });
  const { store, bus } = backing;
  const telling = tellEvents(backing, Object.keys(topicOfService) as EventSource[], { metrics, health, runtime });

  const team = coreApp({ store, runtime });
  const isStripe = config.billingUrl.startsWith('stripe:');
  const billing = isStripe ? openBilling(config.billingUrl, config.billingToken ?? '') : ledger({ store, runtime });
  const parts = { store, bus, coreApp: team, runtime, log, metrics, health };
  const apiKeys = keys({ store, runtime, peppers: [pepper] });
  const consumers = await Promise.all([
    ...[profileSync(parts), roleMapper(parts), archiver(parts), billingSync({ ...parts, billing })],
    ...[provisioningLog(parts), auditLog(parts), snapshotMaker(parts)],
  ]);
  const doors = signIn({ store, runtime, team });
  const watches = [
    watchDependencies({ store: store.ping, bus: bus.ping }, { health, runtime, log }),
    keyWatch({ ...parts, keys: apiKeys }),
    silenceWatch({ ...parts, keys: apiKeys }),
    tenantEraser({ ...parts, team, signIn: doors }),
  ];

  const app = Fastify({
    ...edgeServerOptions,
    frameworkErrors: (error, request, reply) =>
      (request.url.startsWith(apiPath) ? unreadable : edgeServerOptions.frameworkErrors)(error, request, reply),
  });
  const { publicUrl, tenantUrl } = config;
  await app.register(edgeRoutes({ store, runtime, keys: apiKeys, tenantUrl, log, metrics: edgeMetrics(metrics) }));
  const openId = openIdFrom(config, runtime);
  const console = {
    store,
    runtime,
    bus,
    log,
    team,
    coreApp: team,
    billing,
    keys: apiKeys,
    adminToken,
    signIn: doors,
    openId,
    publicUrl,
    tenantUrl,
  };
  await app.register(consoleApi(console), { prefix: apiPath });
  await app.register(operationsRoutes({ metrics, health }));
  await app.register(webPages);
  const url = await app.listen(config);
  process.stdout.write(welcome(url, config, signInUrl(publicUrl ?? url, await doors.link({ operator: true }))));

  return {
    async close() {
      await app.close();
      await Promise.all([...watches, ...consumers].map((part) => part.close()));
      await team.close();
      await telling.close();
      await backing.close();
    },
  };
}
