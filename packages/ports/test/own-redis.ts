import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { Fault } from '../../../deploy/native/processes.ts';
import { assertRedis, redisUrl, startRedis, stopRedis } from '../../../deploy/native/redis.ts';
import { redisClusterUrl, startRedisCluster, startRedisNode, stopRedisCluster } from '../../../deploy/native/redis-cluster.ts';

/** A folder for a Redis of the test's own. Without redis-server the test is skipped and says so; with REQUIRE_REAL=1 it fails. */
function folder(t: Test): string | undefined {
  try {
    assertRedis();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (process.env.REQUIRE_REAL === '1') t.fail(error.message);
    else t.plan(0, `SKIPPED, NOT TESTED ON THE REAL THING: ${error.message}`);
    return undefined;
  }
  return mkdtempSync(join(tmpdir(), 'own-redis-'));
}

/** A copy for a replica begins at once. */
const settings = { 'repl-diskless-sync-delay': 0 };

/** A Redis that the test may kill; it syncs every write before it answers. */
export async function ownRedis(t: Test) {
  const dir = folder(t);
  if (!dir) return undefined;
  const state = await startRedis(dir, undefined, settings);
  t.teardown(async () => {
    await stopRedis(state, 0);
    rmSync(dir, { recursive: true });
  });
  return { url: redisUrl(state), start: () => startRedis(dir, state, settings), kill: () => stopRedis(state, 0) };
}

/** The same as a cluster of three masters. */
export async function ownRedisCluster(t: Test, { replicas }: { replicas: number }) {
  const dir = folder(t);
  if (!dir) return undefined;
  const state = await startRedisCluster(dir, replicas);
  t.teardown(async () => {
    await stopRedisCluster(state, 0);
    rmSync(dir, { recursive: true });
  });
  return {
    url: redisClusterUrl(state),
    state,
    start: (n: number) => startRedisNode(dir, state.nodes[n]!),
    kill: (n: number) => stopRedis(state.nodes[n]!, 0),
  };
}
