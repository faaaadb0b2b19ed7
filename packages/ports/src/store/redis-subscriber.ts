import { Redis } from 'ioredis';
import type { Runtime } from '../runtime.ts';
import { nodeUrls, retryDelay } from './redis-client.ts';

interface Subscription {
  hear(message: string): void;
  /** From here on nothing is missed, as far as is known; what was published before was. */
  begin(): void;
}

/**
 * What listens to channels, on one connection to any node of the URL: a cluster tells each message to all of its nodes. When the connection is
 * lost it goes on at the next one. (A `Cluster` of ioredis tries the next one at once and for ever.)
 */
export function redisSubscriber(url: string, runtime: Runtime) {
  const urls = nodeUrls(url);
  const subscriptions = new Map<string, Subscription>();
  const closing = new AbortController();
  let client: Redis | undefined;
  let failures = 0;

  function connect(attempt: number): void {
    if (closing.signal.aborted) return;
    const own = new Redis(urls[attempt % urls.length]!, { connectTimeout: 1000, retryStrategy: () => null });
    client = own;
    own.on('error', () => {});
    own.on('message', (channel, message) => subscriptions.get(channel)?.hear(message));
    own.on('ready', () => {
      failures = 0;
      begin(own, [...subscriptions.keys()]);
    });
    own.on('end', () => void runtime.sleep(retryDelay(failures++), closing.signal).then(() => connect(attempt + 1)));
  }

  const begin = (own: Redis, channels: string[]): void =>
    void own.subscribe(...channels).then(
      () => {
        for (const channel of channels) subscriptions.get(channel)?.begin();
      },
      () => own.disconnect(),
    );

  return {
    subscribe(channel: string, subscription: Subscription): void {
      subscriptions.set(channel, subscription);
      if (!client) connect(0);
      else if (client.status === 'ready') begin(client, [channel]);
    },
    close(): void {
      closing.abort();
      client?.disconnect();
    },
  };
}
