import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/**
 * A Redis of the test's own, which it may kill; it syncs every write before it answers. Without redis-server on this machine the test is
 * skipped and says so; with REQUIRE_REAL=1 it fails.
 */
export async function ownRedis(t: Test) {
  if (spawnSync('redis-server', ['--version']).error) {
    const how = 'there is no redis-server here: apt-get install -y --no-install-recommends redis-server';
    if (process.env.REQUIRE_REAL === '1') t.fail(how);
    else t.plan(0, `SKIPPED, NOT TESTED ON THE REAL THING: ${how}`);
    return undefined;
  }
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'own-redis-'));
  const settings = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    dir,
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
    '--save',
    '',
  ];
  let server: ChildProcess | undefined;

  const start = () => {
    server = spawn('redis-server', settings, { stdio: 'ignore' });
  };
  async function kill(): Promise<void> {
    if (!server) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
    server = undefined;
  }
  t.teardown(async () => {
    await kill();
    rmSync(dir, { recursive: true });
  });
  start();
  return { url: `redis://127.0.0.1:${port}/0`, start, kill };
}
