import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import t from 'tap';

/** T01 in full: 2,000 storms, divided between two processes. A failing seed is printed with the command that replays it. */
const seeds = 2000;
const workers = 2;
const program = resolve(import.meta.dirname, '../simulation/main.ts');

async function part(number: number): Promise<string> {
  const share = seeds / workers;
  const argv = [program, '--from', String(1 + number * share), '--seeds', String(share)];
  const { stdout } = await promisify(execFile)(process.execPath, argv).catch((error) => error as { stdout: string });
  return stdout.trim();
}

t.test('T01 M31 2,000 simulated storms: nothing lost, nothing twice, all agree in the end', async (t) => {
  const began = performance.now();
  const parts = await Promise.all(Array.from({ length: workers }, (_, number) => part(number)));
  const took = (performance.now() - began) / 1000;
  for (const printed of parts) t.equal(printed, `${seeds / workers} of ${seeds / workers} seeds kept every promise`, printed);
  t.comment(`${seeds} seeds in ${took.toFixed(0)} s`);
});
