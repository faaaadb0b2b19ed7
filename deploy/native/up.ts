import { parseArgs } from 'node:util';
import { nativeDir, startComponents } from './components.ts';
import { Fault } from './processes.ts';

/** npm run native:up [-- --brokers 3 --redis-cluster] */
const { values } = parseArgs({
  options: { brokers: { type: 'string', default: '1' }, 'redis-cluster': { type: 'boolean', default: false } },
});
try {
  const { storeUrl, busUrl } = await startComponents(nativeDir(), {
    brokers: Number(values.brokers),
    redisCluster: values['redis-cluster'],
  });
  console.log(`STORE_URL=${storeUrl}\nBUS_URL=${busUrl}`);
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  console.error(`native:up: ${error.message}`);
  process.exitCode = 1;
}
