import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { localGateway } from '../support/gateway.ts';

/** Suites that others wrote, each by its wrapper against `npm start`, each in a tenant of its own. `strict`: what a suite excuses counts too. */
const suites: readonly { name: string; strict?: true; answeredOtherwise?: readonly string[] }[] = [
  // A user always has an access: docs/decisions/0022.
  { name: 'scim2-tester', answeredOtherwise: ['User check_remove_attribute active'] },
  { name: 'scim-sanity' },
  { name: 'okta-spec' },
  { name: 'okta-crud' },
  { name: 'ms-postman' },
  { name: 'ms-inbound' },
  { name: 'replay-ms-validator', strict: true },
  { name: 'replay-authentik', strict: true },
  { name: 'scim-sim' },
  { name: 'schemathesis' },
];

const shared = process.env.SHARED_DIR;
if (!shared) t.comment('NOT RUN: the outside suites are not part of this repository; SHARED_DIR names the folder that has compliance/');
else {
  const gateway = await localGateway();
  const results = mkdtempSync(join(tmpdir(), 'claras-suites-'));
  t.teardown(async () => {
    rmSync(results, { recursive: true });
    await gateway.remove();
  });
  for (const suite of suites)
    await t.test(suite.name, async (t) => {
      const { key } = await gateway.api.tenant(`Suite ${suite.name}`);
      const out = join(results, `${suite.name}.tsv`);
      const env = { ...process.env, OUT: out, ...(suite.strict ? { STRICT: '1' } : {}) };
      const script = join(shared, 'compliance', `run-${suite.name}.sh`);
      const printed = await promisify(execFile)('bash', [script, gateway.scimUrl, key], { env, timeout: 600_000, maxBuffer: 2 ** 26 }).then(
        ({ stdout }) => stdout,
        ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
      );
      const summary = printed.trimEnd().split('\n').at(-1) ?? '';
      const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(summary) ?? [];
      t.ok(Number(passed) > 0, `${suite.name} ran: ${summary}`);
      const failures = readFileSync(out, 'utf8')
        .split('\n')
        .filter((row) => row.startsWith('FAIL\t'))
        .map((row) => row.split('\t')[1]);
      const excused = suite.answeredOtherwise ?? [];
      if (Number(failed) !== excused.length || excused.some((name) => !failures.includes(name))) t.comment(printed.slice(-8000));
      t.equal(Number(failed), excused.length, `nothing fails that is not answered otherwise on purpose (${summary})`);
      for (const name of excused) t.ok(failures.includes(name), `still answered otherwise: ${name}`);
    });
}
