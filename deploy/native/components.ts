import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type KafkaState, kafkaRuns, kafkaUrl, startKafka, stopKafka } from './kafka.ts';
import { type RedisState, redisRuns, redisUrl, startRedis, stopRedis } from './redis.ts';
import { type RedisClusterState, redisClusterUrl, startRedisCluster } from './redis-cluster.ts';

interface State {
  redis?: RedisState;
  /** In its place. */
  redisCluster?: RedisClusterState;
  kafka?: KafkaState;
}

/** Where `native:up` keeps data, logs, pids and tokens. */
export const nativeDir = (): string => resolve(process.env.NATIVE_DIR ?? '.native');

const stateFile = (dir: string): string => join(dir, 'state.json');

function readState(dir: string): State {
  return existsSync(stateFile(dir)) ? JSON.parse(readFileSync(stateFile(dir), 'utf8')) : {};
}

/** Written after each step, so that what was started can always be stopped. */
function writeState(dir: string, state: State): void {
  writeFileSync(stateFile(dir), `${JSON.stringify(state, null, 2)}\n`);
}

/** What to start where nothing was started before. */
interface Wanted {
  /** 1 */
  brokers?: number;
  /** Three masters, each with a replica, in place of one Redis. */
  redisCluster?: boolean;
}

/** Starts what does not run, on the data and ports of last time, and as it was then. */
export async function startComponents(
  dir: string,
  { brokers = 1, redisCluster = false }: Wanted = {},
): Promise<{ storeUrl: string; busUrl: string }> {
  mkdirSync(dir, { recursive: true });
  const state = readState(dir);
  if (state.redisCluster || (redisCluster && !state.redis))
    state.redisCluster = await startRedisCluster(join(dir, 'redis-cluster'), 1, state.redisCluster);
  else state.redis = await startRedis(join(dir, 'redis'), state.redis);
  writeState(dir, state);
  state.kafka = await startKafka(join(dir, 'kafka'), brokers, state.kafka);
  writeState(dir, state);
  return { storeUrl: state.redisCluster ? redisClusterUrl(state.redisCluster) : redisUrl(state.redis!), busUrl: kafkaUrl(state.kafka) };
}

const redisOf = ({ redis, redisCluster }: State): RedisState[] => redisCluster?.nodes ?? (redis ? [redis] : []);

/** True when both run already. */
export function componentsRun(dir: string): boolean {
  const state = readState(dir);
  const nodes = redisOf(state);
  return nodes.length > 0 && nodes.every(redisRuns) && state.kafka !== undefined && kafkaRuns(state.kafka);
}

export async function stopComponents(dir: string): Promise<void> {
  const state = readState(dir);
  await Promise.all([...redisOf(state).map((node) => stopRedis(node)), state.kafka && stopKafka(state.kafka)]);
}
