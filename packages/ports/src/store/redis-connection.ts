import { Cluster, type Redis } from 'ioredis';
import type { Log } from '../log.ts';
import type { Runtime } from '../runtime.ts';
import { type RedisClient, redisClient } from './redis-client.ts';
import { redisSubscriber } from './redis-subscriber.ts';
import { StoreUnavailable } from './store.ts';

const patienceMs = 2500;
const againMs = { first: 20, most: 160 };

/** Redis refused and did nothing: a slot moves, a node starts, or one takes over from another. Asked again, it may say something else. */
const passing = /^(CLUSTERDOWN|MASTERDOWN|TRYAGAIN|LOADING|READONLY|NOREPLICAS|EXECABORT)\b/;

/** Redis answered: asking again would not change it. */
const isAnswer = (error: unknown): boolean => {
  const { name, message } = error as Error;
  return name === 'ReplyError' && !passing.test(message);
};

const explained = ({ message }: Error): string =>
  message.startsWith('MOVED') ? 'this is one node of a cluster; name two of its nodes or more: redis://HOST:PORT,HOST:PORT' : message;

/** A connection, to one Redis or to a cluster, that comes back by itself. */
export function redisConnection(url: string, runtime: Runtime, log?: Log) {
  const client = redisClient(url);
  const subscriber = redisSubscriber(url, runtime);
  let ready = Promise.withResolvers<void>();
  let isReady = false;
  let closed = false;
  let gathering = false;
  let reason = 'nobody answers';

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
  client.on('error', (error: Error & { lastNodeError?: Error }) => {
    reason = (error.lastNodeError ?? error).message;
  });

  const nodes = (): Redis[] => (client instanceof Cluster ? client.nodes() : [client]);

  /**
   * What is asked in this turn of the event loop leaves together, at its end: a write of its own for each command wakes Redis for each, which
   * costs more than the command, and syncs its log for each.
   */
  function gather(): void {
    if (gathering) return;
    gathering = true;
    const streams = nodes().flatMap(({ stream }) => stream ?? []);
    for (const stream of streams) stream.cork();
    setImmediate(() => {
      gathering = false;
      for (const stream of streams) stream.uncork();
    });
  }

  async function untilReady(deadline: number): Promise<void> {
    if (isReady) return;
    const done = new AbortController();
    await Promise.race([ready.promise, runtime.sleep(deadline - runtime.now(), done.signal)]);
    done.abort();
    if (!isReady) throw new Error(`there is no connection (${reason})`);
  }

  return {
    client,
    /**
     * Asks until Redis answers, also anew when a reply was lost: the question must be one that can be repeated. Rejects with
     * {@link StoreUnavailable} within 5 s.
     */
    async ask<T>(question: (client: RedisClient) => Promise<T>): Promise<T> {
      const deadline = runtime.now() + patienceMs;
      for (let pause = againMs.first; ; pause = Math.min(2 * pause, againMs.most)) {
        try {
          await untilReady(deadline);
          gather();
          return await question(client);
        } catch (error) {
          if (closed || isAnswer(error) || runtime.now() >= deadline)
            throw new StoreUnavailable(`Redis: ${explained(error as Error)}`, { cause: error });
        }
        await runtime.sleep(pause);
      }
    },
    /** Every node that is known: a replica may take over. */
    nodes,
    subscribe: subscriber.subscribe,
    close(): void {
      closed = true;
      ready.resolve();
      subscriber.close();
      client.disconnect();
    },
  };
}
export type RedisConnection = ReturnType<typeof redisConnection>;
