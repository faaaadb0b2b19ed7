import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import t from 'tap';

/** Where Object.prototype.__proto__ is gone, or throws, nothing that reads a request may lean on it. */
for (const mode of ['delete', 'throw'])
  for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts') && !name.startsWith('without-proto')))
    t.test(`${file} passes under --disable-proto=${mode}`, async (t) => {
      const argv = [`--disable-proto=${mode}`, `${import.meta.dirname}/${file}`];
      const { stdout, code = 0 } = await promisify(execFile)(process.execPath, argv).catch((error) => error);
      t.equal(code, 0, code === 0 ? '' : stdout.slice(-4000));
      t.match(stdout, /^1\.\.[1-9]/m, 'and there were some');
    });
