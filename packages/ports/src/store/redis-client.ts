import { Cluster, type ClusterNode, Redis, type RedisOptions } from 'ioredis';

export type RedisClient = Redis | Cluster;

/** Between attempts to connect. */
export const retryDelay = (attempts: number): number => Math.min(20 * 2 ** attempts, 1000);

/**
 * Nothing waits inside ioredis: a command is sent now or fails now, and one whose reply was lost fails as soon as that is known. (With
 * `autoResendUnfulfilledCommands` off, that takes `maxRetriesPerRequest: 0`; else it would never settle.) Whether it is sent again is decided
 * in redis-connection.ts. A server that says nothing for 2 s while something waits for it is left: `socketTimeout`, one timer for all. One for
 * each command (`commandTimeout`) costs as much as the command.
 */
const options = {
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 1000,
  socketTimeout: 2000,
} satisfies RedisOptions;

/** `redis://HOST:PORT`, or `redis://HOST:PORT,HOST:PORT…` for a cluster: some of its nodes, which tell of the others. `rediss:` with TLS. */
export function redisClient(url: string): RedisClient {
  if (nodeUrls(url).length > 1) return clusterClient(url);
  return new Redis(url, {
    ...options,
    enableOfflineQueue: false,
    // After a failover, the address may lead to the new primary.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    retryStrategy: retryDelay,
  });
}

/**
 * The same of a cluster. ioredis sends a command again by itself only where a node said that it did not do it (MOVED, ASK, TRYAGAIN); a lost
 * connection and CLUSTERDOWN come back at once. A node that is lost is forgotten, and found again by the others' MOVED.
 */
function clusterClient(url: string): Cluster {
  const client = new Cluster(nodeUrls(url).map(addressOf), {
    enableOfflineQueue: false,
    enableReadyCheck: false,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    clusterRetryStrategy: retryDelay,
    // Names stay names, which TLS compares and which may lead elsewhere tomorrow.
    dnsLookup: (address, done) => done(null, address),
    redisOptions: { ...options, ...accessOf(nodeUrls(url)[0]!) },
  });
  client.on('+node', catchAsking);
  return client;
}

/** ioredis drops the promise of the ASKING that it sends: where that node is gone, nobody would catch it, which ends the process. */
function catchAsking(node: Redis): void {
  const asking = node.asking.bind(node);
  node.asking = () => asking().catch(() => 'OK' as const);
}

/** The URL of each node that is named. */
export function nodeUrls(url: string): string[] {
  const [, access = '', addresses = ''] = /^(\w+:\/\/(?:.*@)?)(.*)$/.exec(url) ?? [];
  return addresses.split(',').map((address) => access + address);
}

function addressOf(url: string): ClusterNode {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/[[\]]/g, ''), port: Number(port) };
}

/** The same for every node. */
function accessOf(url: string): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  const { protocol, username, password } = new URL(url);
  return {
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
  };
}
