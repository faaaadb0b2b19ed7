import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asyncApi, eventSchemas } from '@claras/contracts/event-documents';

/** Writes what the contracts say into this folder; `test/documents.test.ts` holds that it is up to date. */
const here = import.meta.dirname;
const { version } = JSON.parse(readFileSync(join(here, '../../package.json'), 'utf8')) as { version: string };
const write = (file: string, document: object): void => {
  mkdirSync(dirname(join(here, file)), { recursive: true });
  writeFileSync(join(here, file), `${JSON.stringify(document, null, 2)}\n`);
};
const schemas = eventSchemas();
for (const folder of new Set([...schemas.keys()].map(dirname))) rmSync(join(here, folder), { recursive: true, force: true });
for (const [file, schema] of schemas) write(file, schema);
write('asyncapi.json', asyncApi(version));
