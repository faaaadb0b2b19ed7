import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { asyncApi, eventSchemas } from '@claras/contracts/event-documents';
import { directoryEvents } from '@claras/contracts/events';
import { topics } from '@claras/contracts/topics';
import { Config, variableOf } from '@claras/service-kit/config';
import t from 'tap';
import { Value } from 'typebox/value';
import { commands } from '../packages/cli/src/commands.ts';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'docs/events');
const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

t.test('M27 the event documents are what the contracts say: npm run docs', async (t) => {
  const schemas = eventSchemas();
  const written = globSync('*/*.schema.json', { cwd: folder }).map((path) => path.split(sep).join('/'));
  t.strictSame(written.sort(), [...schemas.keys()].sort());
  for (const [file, schema] of schemas) t.strictSame(read(file), schema, file);
  t.strictSame(read('asyncapi.json'), JSON.parse(JSON.stringify(asyncApi(version))));
});

t.test('a reader that validates lets pass what a later version adds; what others write to us is closed', async (t) => {
  for (const [file, schema] of eventSchemas()) {
    const isClosed = JSON.stringify(schema).includes('"additionalProperties":false');
    t.equal(isClosed, file.startsWith('request/'), file);
  }
});

t.test('M27 every reference in the AsyncAPI document leads somewhere, and every type of every topic is in it', async (t) => {
  const document = read('asyncapi.json');
  const references: string[] = [];
  JSON.stringify(document, (key, value) => {
    if (key === '$ref') references.push(value);
    return value;
  });
  for (const reference of references) {
    if (reference.startsWith('./')) t.ok(read(reference.slice(2)).$id, reference);
    else {
      const found = reference
        .slice(2)
        .split('/')
        .reduce((part: Record<string, unknown> | undefined, name) => part?.[name] as Record<string, unknown> | undefined, document);
      t.ok(found, reference);
    }
  }
  for (const [topic, { name, events }] of Object.entries(topics)) {
    t.equal(document.channels[topic].address, name);
    t.strictSame(Object.keys(document.channels[topic].messages), Object.keys(events));
  }
});

t.test('M27 docs/events.md names every topic and every type', async (t) => {
  const text = readFileSync(join(root, 'docs/events.md'), 'utf8');
  for (const { name, events } of Object.values(topics)) {
    t.match(text, name);
    for (const type of Object.keys(events)) t.match(text, `\`${type}\``, type);
  }
});

t.test('a schema refuses what an event must not carry', async (t) => {
  const schema = directoryEvents['group.members.changed'];
  t.equal(Value.Check(schema, { group: 'g', added: ['a'], removed: [] }), true);
  t.equal(Value.Check(schema, { group: 'g', added: ['a'], removed: [], more: 1 }), false);
  t.equal(Value.Check(schema, { group: 'g', added: Array.from({ length: 501 }, String), removed: [] }), false);
});

const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const prose = globSync(['*.md', 'docs/**/*.md'], { cwd: root });

t.test('README’s table of variables is what a process reads', async (t) => {
  const [, table = ''] = textOf('README.md').split('## Configuration');
  const rows = [...table.matchAll(/^\| (`[^|]*)\|/gm)].flatMap(([, cell = '']) => cell.match(/\w+/g) ?? []);
  t.strictSame(rows.sort(), Object.keys(Config.properties).map(variableOf).sort());
});

t.test('docs/metrics.md has every metric with its kind, and no other', async (t) => {
  const rows = [...textOf('docs/metrics.md').matchAll(/^\| `(claras_\w+)` \| (\w+)/gm)].map(([, name, kind]) => `${kind} ${name}`);
  const made = globSync('{packages,services}/*/src/**/*.ts', { cwd: root }).flatMap((path) =>
    [...textOf(path).matchAll(/\.(counter|gauge|histogram)\(\s*'(claras_\w+)'/g)].map(([, kind, name]) => `${kind} ${name}`),
  );
  t.strictSame(rows.sort(), made.sort());
});

t.test('CONTRIBUTING.md says what each dependency is for', async (t) => {
  const manifests = globSync(['package.json', '{packages,services}/*/package.json'], { cwd: root }).map((path) => JSON.parse(textOf(path)));
  const used = manifests.flatMap(({ dependencies, devDependencies }) => Object.keys({ ...dependencies, ...devDependencies }));
  const [, section = ''] = textOf('CONTRIBUTING.md').split('## Dependencies');
  const named = new Set([...section.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  t.strictSame([...new Set(used)].filter((name) => !/^@(claras|types)\//.test(name)).sort(), [...named].sort());
});

t.test('what the documents tell to type is there: commands of claras-scim, scripts of npm, files that node runs', async (t) => {
  const { scripts } = JSON.parse(textOf('package.json'));
  for (const path of prose) {
    const text = textOf(path);
    for (const [, line = ''] of text.matchAll(/(?<![\w./-])claras-scim ([a-z][a-z -]*)/g))
      t.ok(
        commands.some(({ name }) => `${line} `.startsWith(`${name} `)),
        `${path}: claras-scim ${line}`,
      );
    for (const [, script = ''] of text.matchAll(/npm run ([\w:]+)/g)) t.ok(scripts[script], `${path}: npm run ${script}`);
    for (const [, file = ''] of text.matchAll(/node ([\w/-]+\.m?[jt]s)/g)) t.ok(existsSync(join(root, file)), `${path}: node ${file}`);
  }
});
