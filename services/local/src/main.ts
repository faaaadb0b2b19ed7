import { run } from '@claras/service-kit/run';
import { localGateway } from './local-gateway.ts';

await run({ LOG_LEVEL: 'warn', ...process.env }, 'claras', localGateway);
