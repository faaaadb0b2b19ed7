import { httpCoreApp } from '@claras/ports/core-app/http-core-app';
import { runConsumer } from '@claras/service-kit/run-consumer';
import { archiver } from './consumer.ts';

await runConsumer(process.env, 'archiver', (parts, { coreAppUrl, coreAppToken }) =>
  archiver({ ...parts, coreApp: httpCoreApp({ url: coreAppUrl, token: coreAppToken }) }),
);
