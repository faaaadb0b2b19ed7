import { httpCoreApp } from '@claras/ports/core-app/http-core-app';
import { runConsumer } from '@claras/service-kit/run-consumer';
import { roleMapper } from './consumer.ts';

await runConsumer(process.env, 'role-mapper', (parts, { coreAppUrl, coreAppToken }) =>
  roleMapper({ ...parts, coreApp: httpCoreApp({ url: coreAppUrl, token: coreAppToken }) }),
);
