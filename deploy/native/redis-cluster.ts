import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Fault, freePorts, until } from './processes.ts';
import { assertRedis, type RedisState, startRedis, stopRedis } from './redis.ts';

export interface RedisNode extends RedisState {
  busPort: number;
}

export interface RedisClusterState {
  /** The masters, then the replicas, as they were made. */
  nodes: RedisNode[];
}

const masters = 3;
const slots = 16_384;

/** A master that is away fails for its own slots only; the others miss it after 5 s. */
const settings = ({ busPort }: RedisNode) => ({
  'cluster-enabled': 'yes',
  'cluster-port': busPort,
  'cluster-node-timeout': 5000,
  'cluster-require-full-coverage': 'no',
  'cluster-allow-replica-migration': 'no',
  'repl-diskless-sync-delay': 0,
});

const cli = async (...argv: (string | number)[]): Promise<string> => (await promisify(execFile)('redis-cli', argv.map(String))).stdout;

/** What a node answers to a command. */
export const askNode = ({ port }: RedisNode, ...command: (string | number)[]): Promise<string> => cli('-p', port, ...command);

async function newState(replicas: number): Promise<RedisClusterState> {
  const count = masters * (1 + replicas);
  const ports = await freePorts(2 * count);
  return { nodes: Array.from({ length: count }, (_, n) => ({ port: ports[n]!, busPort: ports[count + n]!, pid: 0 })) };
}

const meet = ({ nodes }: RedisClusterState, replicas: number): Promise<string> =>
  cli(
    '--cluster',
    'create',
    ...nodes.map(({ port, busPort }) => `127.0.0.1:${port}@${busPort}`),
    '--cluster-replicas',
    replicas,
    '--cluster-yes',
  );

/**
 * Resolves when every node sees every slot served and each replica's part, and every replica has what its master has: in memory and, as it
 * writes its log anew after a whole copy, on disk.
 */
export async function redisClusterIsWhole({ nodes }: RedisClusterState): Promise<void> {
  const replicas = nodes.length - masters;
  const wanted = ['cluster_state:ok', `cluster_slots_ok:${slots}`, `cluster_known_nodes:${nodes.length}`];
  const onDisk = ['aof_rewrite_scheduled:0', 'aof_rewrite_in_progress:0'];
  async function look(node: RedisNode) {
    const [view, others, info] = await Promise.all([
      askNode(node, 'CLUSTER', 'INFO'),
      askNode(node, 'CLUSTER', 'NODES'),
      askNode(node, 'INFO'),
    ]);
    return {
      isWhole:
        wanted.every((line) => view.includes(line)) &&
        onDisk.every((line) => info.includes(line)) &&
        (others.match(/\bslave \w/g)?.length ?? 0) === replicas,
      follows: info.includes('master_link_status:up'),
    };
  }
  await until('the Redis cluster', 60_000, async () => {
    const looks = await Promise.all(nodes.map(look));
    return looks.every(({ isWhole }) => isWhole) && looks.filter(({ follows }) => follows).length === replicas;
  });
}

/** Starts one node where it does not run, on its data. */
export async function startRedisNode(dir: string, node: RedisNode): Promise<void> {
  await startRedis(join(dir, String(node.port)), node, settings(node));
}

/**
 * Starts a cluster of three masters, each with as many `replicas`, or those nodes of `prior` that do not run, on their ports and data; waits until
 * it is whole. Throws a {@link Fault}.
 */
export async function startRedisCluster(dir: string, replicas: number, prior?: RedisClusterState): Promise<RedisClusterState> {
  assertRedis();
  const state = prior ?? (await newState(replicas));
  try {
    await Promise.all(state.nodes.map((node) => startRedisNode(dir, node)));
    if (!prior) await meet(state, replicas);
    await redisClusterIsWhole(state);
  } catch (error) {
    await stopRedisCluster(state, 0);
    throw error instanceof Fault ? error : new Fault(`Redis could not form a cluster in ${dir}: ${(error as Error).message}`);
  }
  return state;
}

export const redisClusterUrl = ({ nodes }: RedisClusterState): string =>
  `redis://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;

/** `graceMs` 0 is kill -9. */
export async function stopRedisCluster({ nodes }: RedisClusterState, graceMs = 10_000): Promise<void> {
  await Promise.all(nodes.map((node) => stopRedis(node, graceMs)));
}
