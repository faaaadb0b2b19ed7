import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopProcess } from './processes.ts';

export interface Program {
  name: string;
  /** What node runs. */
  main: string;
  env: Record<string, string>;
}

const hurry = 1000;
const graceMs = 12_000;

/** Runs programs side by side, each again as soon as it ends; its pid stands in `dir`/pids/NAME.pid, its output goes to `say` by the line. */
export function supervise(dir: string, programs: readonly Program[], say: (name: string, line: string) => void): { stop(): Promise<void> } {
  const children = new Map<string, ChildProcess>();
  let stopping = false;
  const pidFile = (name: string): string => join(dir, 'pids', `${name}.pid`);
  mkdirSync(join(dir, 'pids'), { recursive: true });

  function runOnce({ name, main, env }: Program): Promise<string> {
    // In a process group of its own: Ctrl-C is for the supervisor, which then stops each child once.
    const child = spawn(process.execPath, [main], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    children.set(name, child);
    // Whole or not at all: whoever reads half of a pid would signal another process.
    writeFileSync(`${pidFile(name)}.new`, `${child.pid}\n`);
    renameSync(`${pidFile(name)}.new`, pidFile(name));
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => say(name, line));
    return new Promise((resolve) => child.once('exit', (code, signal) => resolve(`${signal ?? code}`)));
  }

  /** What a supervisor that was killed left behind would hold the port. */
  async function stopPrevious({ name, main }: Program): Promise<void> {
    if (existsSync(pidFile(name))) await stopProcess(Number(readFileSync(pidFile(name), 'utf8')), main, graceMs);
  }

  async function keepRunning(program: Program): Promise<void> {
    await stopPrevious(program);
    while (!stopping) {
      const since = Date.now();
      const end = await runOnce(program);
      if (stopping) break;
      say(program.name, `ended with ${end}; starting it again`);
      if (Date.now() - since < hurry) await sleep(hurry);
    }
    rmSync(pidFile(program.name), { force: true });
  }

  const lives = programs.map(keepRunning);
  return {
    async stop() {
      stopping = true;
      for (const child of children.values()) child.kill('SIGTERM');
      const late = setTimeout(() => {
        for (const child of children.values()) child.kill('SIGKILL');
      }, graceMs);
      await Promise.all(lives);
      clearTimeout(late);
    },
  };
}
