import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Fault, freePorts, isRunning, startDetached, stopProcess, until } from './processes.ts';

export interface RedisState {
  port: number;
  pid: number;
}

/** As in redis.conf. */
type Settings = Record<string, string | number>;

/** Every write is synced before it is answered, and none is dropped for want of memory: this is the system of record. */
export const redisSettings: Settings = { appendonly: 'yes', appendfsync: 'always', save: '', 'maxmemory-policy': 'noeviction' };

const mark = 'redis-server';

function ping(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1000, () => socket.destroy(new Error('timeout')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
    socket.once('data', (answer) => {
      resolve(answer.toString().startsWith('+PONG'));
      socket.destroy();
    });
  });
}

/** Throws a {@link Fault} that says what to install where there is no Redis. */
export function assertRedis(): void {
  if (spawnSync(mark, ['--version']).error)
    throw new Fault(`there is no '${mark}'. Next step: apt-get install -y --no-install-recommends redis-server`);
}

/**
 * Starts Redis, if it does not run, on the port and data of `prior` where there is one; every write is synced before it is answered.
 * `more`: further settings.
 */
export async function startRedis(dir: string, prior?: RedisState, more: Settings = {}): Promise<RedisState> {
  assertRedis();
  const state = prior ?? { port: (await freePorts(1))[0]!, pid: 0 };
  if (!isRunning(state.pid, mark)) state.pid = startDetached(mark, options(dir, state.port, more), dir);
  await until(`Redis (see ${join(dir, 'log')})`, 30_000, async () => !isRunning(state.pid, mark) || (await ping(state.port)));
  if (!isRunning(state.pid, mark)) throw new Fault(`Redis on port ${state.port} ended at once; the reason stands in ${join(dir, 'log')}`);
  return state;
}

function options(dir: string, port: number, more: Settings): string[] {
  const settings: Settings = { port, bind: '127.0.0.1', dir, ...redisSettings, ...more };
  return Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]);
}

export const redisUrl = ({ port }: RedisState): string => `redis://127.0.0.1:${port}`;

export const redisRuns = ({ pid }: RedisState): boolean => isRunning(pid, mark);

/** `graceMs` 0 is kill -9. */
export async function stopRedis({ pid }: RedisState, graceMs = 10_000): Promise<void> {
  await stopProcess(pid, mark, graceMs);
}
