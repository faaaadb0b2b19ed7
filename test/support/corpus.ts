import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';

/** Plays Entra's corpus in `tenants` tenants at the same time. The corpus is no part of this repository: SHARED_DIR names where it is. */
export async function corpusPasses(t: Test, { scimUrl, key, tenants }: { scimUrl: string; key(): Promise<string>; tenants: number }) {
  const shared = process.env.SHARED_DIR;
  if (!shared) return void t.comment('NOT RUN: the corpus of Entra’s requests; SHARED_DIR names the folder that has entra/corpus');
  const [runner, corpus] = [resolve(shared, 'entra/run-corpus.mjs'), resolve(shared, 'entra/corpus')];
  const keys = [];
  for (let n = 0; n < tenants; n++) keys.push(await key());
  const play = (one: string) => promisify(execFile)(process.execPath, [runner, scimUrl, one, corpus]).catch((error) => error);
  for (const { stdout } of await Promise.all(keys.map(play))) {
    const said = stdout.split('\n').filter((line: string) => !line.startsWith('ok'));
    t.match(stdout, /\n\d+ passed, 0 failed/, said.join('\n'));
  }
}
