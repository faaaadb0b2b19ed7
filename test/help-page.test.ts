import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';

const root = resolve(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/help-page.md'), 'utf8');

/** Rows of the table: | sentence | `file` → `export` | test title in `file` | */
const rows = page
  .split('\n')
  .filter((line) => /^\| (?!---|Sentence)/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

const tests = globSync('{packages,services,test}/**/*.{test,contract}.ts', { cwd: root, exclude: ['**/node_modules/**'] })
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n');

t.ok(rows.length >= 20, 'the table is found');

for (const [sentence, place, proof] of rows) {
  t.test(`“${sentence}”`, async (t) => {
    const [, file, name] = /^`([^`]+)` → `([^`]+)`$/.exec(place ?? '') ?? [];
    t.ok(file && name, 'names a file and an export', { place });
    if (!file || !name) return;
    t.ok(existsSync(join(root, file)), `${file} exists`);
    t.match(
      readFileSync(join(root, file), 'utf8'),
      new RegExp(`export (async )?(const|function\\*?|class|interface|type) ${name}\\b`),
      `${file} exports ${name}`,
    );
    t.ok(proof && tests.includes(proof.replaceAll('`', '')), `a test is called "${proof}"`);
  });
}
