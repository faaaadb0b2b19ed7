import { readConfig } from '@claras/service-kit/config';
import { run } from '@claras/service-kit/run';
import { localGateway } from './local-gateway.ts';

await run('claras', () => localGateway(readConfig({ LOG_LEVEL: 'warn', ...process.env })));
