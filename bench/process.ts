import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

export interface Served {
  pid: number;
  url: string;
  stop(): Promise<void>;
}

/** Starts a server process and waits until it answers anything at all. */
export async function serve(script: string, args: string[], env: Record<string, string>, port: number): Promise<Served> {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + 15_000; ; ) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      break;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${script} did not start`);
    await sleep(50);
  }
  return {
    pid: child.pid as number,
    url,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** CPU time that a process has used, user and system, in microseconds (proc(5): fields 14 and 15 of stat). */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
}

/** Milliseconds that a process's first thread, node's event loop, was on a CPU (proc(5): schedstat). */
export const loopMillis = (pid: number): number => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ', 1)[0]) / 1e6;

/** Memory of a process in MB: its own (RssAnon), and with mapped files (VmRSS). */
export function memory(pid: number): { anonymous: number; resident: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
  return { anonymous: of('RssAnon'), resident: of('VmRSS') };
}
