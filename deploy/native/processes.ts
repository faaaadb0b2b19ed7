import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What an operator can mend: shown as its one line, without a stack. */
export class Fault extends Error {
  override name = 'Fault';
}

/** Starts a program that outlives this process; its output goes to `dir`/log. */
export function startDetached(program: string, argv: string[], dir: string): number {
  mkdirSync(dir, { recursive: true });
  const log = openSync(join(dir, 'log'), 'a');
  const child = spawn(program, argv, { cwd: dir, detached: true, stdio: ['ignore', log, log] });
  child.on('error', () => {});
  child.unref();
  if (child.pid === undefined) throw new Fault(`cannot start ${program}`);
  return child.pid;
}

/** True while `pid` is the process whose command line holds `mark` (a pid alone may have been given to another one). 0 = none. */
export function isRunning(pid: number, mark: string): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return !existsSync('/proc/self') || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
  } catch {
    return false;
  }
}

/** SIGTERM, then SIGKILL after `graceMs`; resolves when it is gone. */
export async function stopProcess(pid: number, mark: string, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  let signal: NodeJS.Signals | undefined = graceMs > 0 ? 'SIGTERM' : 'SIGKILL';
  while (isRunning(pid, mark)) {
    if (signal) process.kill(pid, signal);
    signal = Date.now() > deadline ? 'SIGKILL' : undefined;
    await sleep(25);
  }
}

export async function until(what: string, deadlineMs: number, ready: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await ready().catch(() => false))) {
    if (Date.now() > deadline) throw new Fault(`${what} did not answer within ${deadlineMs / 1000} s`);
    await sleep(25);
  }
}

/** Who asks at the same time, or before the first one listens, gets others. */
const given = new Set<number>();

/**
 * Loopback ports that nobody listens on now, all different; below those that the system gives to outgoing connections, one of which could
 * take the port of a server that is being restarted.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  while (servers.length < count) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening').then(
      () => servers.push(server),
      () => {},
    );
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
