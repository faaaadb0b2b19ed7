import { openBilling } from '@claras/ports/billing/open-billing';
import { httpCoreApp } from '@claras/ports/core-app/http-core-app';
import { runConsumer } from '@claras/service-kit/run-consumer';
import { billingSync } from './consumer.ts';

await runConsumer(process.env, 'billing-sync', (parts, config) =>
  billingSync({
    ...parts,
    coreApp: httpCoreApp({ url: config.coreAppUrl, token: config.coreAppToken }),
    billing: openBilling(config.billingUrl, config.billingToken),
  }),
);
