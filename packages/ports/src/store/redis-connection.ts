import { Redis, type RedisOptions } from 'ioredis';
import type { Log } from '../log.ts';
import type { Runtime } from '../runtime.ts';
import { StoreUnavailable } from './store.ts';

const patienceMs = 2500;
const againMs = 20;

/**
 * Nothing waits inside ioredis: a command is sent now or fails now, and one whose reply was lost fails as soon as that is known. (With
 * `autoResendUnfulfilledCommands` off, that takes `maxRetriesPerRequest: 0`; else it would never settle.) Whether it is sent again is decided
 * by {@link redisConnection}.
 */
const options = {
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 1000,
  socketTimeout: 2000,
  commandTimeout: 2000,
  // After a failover, the address may lead to the new primary.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  retryStrategy: (attempts: number) => Math.min(20 * 2 ** attempts, 1000),
} satisfies RedisOptions;

/** Redis answered: asking again would not change it. */
const isAnswer = (error: unknown): boolean => (error as Error).name === 'ReplyError';

/** A connection that comes back by itself. */
export function redisConnection(url: string, runtime: Runtime, log?: Log) {
  const client = new Redis(url, options);
  let ready = Promise.withResolvers<void>();
  let isReady = false;
  let closed = false;

  client.on('ready', () => {
    isReady = true;
    ready.resolve();
    log?.info({}, 'Redis answers');
  });
  client.on('close', () => {
    if (!isReady) return;
    isReady = false;
    ready = Promise.withResolvers();
    if (!closed) log?.warn({}, 'the connection to Redis is lost');
  });
  // Each attempt to connect again would tell it.
  client.on('error', () => {});

  async function untilReady(deadline: number): Promise<void> {
    if (isReady) return;
    const done = new AbortController();
    await Promise.race([ready.promise, runtime.sleep(deadline - runtime.now(), done.signal)]);
    done.abort();
    if (!isReady) throw new Error('there is no connection');
  }

  return {
    client,
    /**
     * Asks until Redis answers, also anew when a reply was lost: the question must be one that can be repeated. Rejects with
     * {@link StoreUnavailable} within 5 s.
     */
    async ask<T>(question: (client: Redis) => Promise<T>): Promise<T> {
      const deadline = runtime.now() + patienceMs;
      for (;;) {
        try {
          await untilReady(deadline);
          return await question(client);
        } catch (error) {
          if (closed || isAnswer(error) || runtime.now() >= deadline)
            throw new StoreUnavailable(`Redis: ${(error as Error).message}`, { cause: error });
        }
        await runtime.sleep(againMs);
      }
    },
    close(): void {
      closed = true;
      ready.resolve();
      client.disconnect();
    },
  };
}
export type RedisConnection = ReturnType<typeof redisConnection>;
