import { Redis } from 'ioredis';
import type { Runtime } from '../runtime.ts';
import { nodeUrls, retryDelay } from './redis-client.ts';

/**
 * What listens to channels, on one connection to any node of the URL: a cluster tells each message to all of its nodes. When the connection is
 * lost it goes on at the next one; what is published meanwhile is missed. (A `Cluster` of ioredis tries the next one at once and for ever.)
 */
export function redisSubscriber(url: string, runtime: Runtime) {
  const urls = nodeUrls(url);
  const listeners = new Map<string, (message: string) => void>();
  const closing = new AbortController();
  let client: Redis | undefined;
  let failures = 0;

  function connect(attempt: number): void {
    if (closing.signal.aborted) return;
    const own = new Redis(urls[attempt % urls.length]!, { connectTimeout: 1000, retryStrategy: () => null });
    client = own;
    own.on('error', () => {});
    own.on('message', (channel, message) => listeners.get(channel)?.(message));
    own.on('ready', () => {
      failures = 0;
      own.subscribe(...listeners.keys()).catch(() => own.disconnect());
    });
    own.on('end', () => void runtime.sleep(retryDelay(failures++), closing.signal).then(() => connect(attempt + 1)));
  }

  return {
    subscribe(channel: string, listener: (message: string) => void): void {
      listeners.set(channel, listener);
      if (!client) connect(0);
      else if (client.status === 'ready') client.subscribe(channel).catch(() => client?.disconnect());
    },
    close(): void {
      closing.abort();
      client?.disconnect();
    },
  };
}
