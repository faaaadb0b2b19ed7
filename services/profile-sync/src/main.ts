import { httpCoreApp } from '@claras/ports/core-app/http-core-app';
import { runConsumer } from '@claras/service-kit/run-consumer';
import { profileSync } from './consumer.ts';

await runConsumer(process.env, 'profile-sync', (parts, { coreAppUrl, coreAppToken }) =>
  profileSync({ ...parts, coreApp: httpCoreApp({ url: coreAppUrl, token: coreAppToken }) }),
);
