import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type KafkaState, kafkaRuns, kafkaUrl, startKafka, stopKafka } from './kafka.ts';
import { type RedisState, redisRuns, redisUrl, startRedis, stopRedis } from './redis.ts';

interface State {
  redis?: RedisState;
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

/** Starts what does not run, on the data and ports of last time. `brokers` counts for a new cluster only. */
export async function startComponents(dir: string, brokers: number): Promise<{ storeUrl: string; busUrl: string }> {
  mkdirSync(dir, { recursive: true });
  const state = readState(dir);
  state.redis = await startRedis(join(dir, 'redis'), state.redis);
  writeState(dir, state);
  state.kafka = await startKafka(join(dir, 'kafka'), brokers, state.kafka);
  writeState(dir, state);
  return { storeUrl: redisUrl(state.redis), busUrl: kafkaUrl(state.kafka) };
}

/** True when both run already. */
export function componentsRun(dir: string): boolean {
  const { redis, kafka } = readState(dir);
  return redis !== undefined && kafka !== undefined && redisRuns(redis) && kafkaRuns(kafka);
}

export async function stopComponents(dir: string): Promise<void> {
  const { redis, kafka } = readState(dir);
  await Promise.all([redis && stopRedis(redis), kafka && stopKafka(kafka)]);
}
