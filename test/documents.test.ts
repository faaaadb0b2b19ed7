import { globSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { asyncApi, eventSchemas } from '@claras/contracts/event-documents';
import { directoryEvents } from '@claras/contracts/events';
import { topics } from '@claras/contracts/topics';
import t from 'tap';
import { Value } from 'typebox/value';

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
