import { lmdbEnvironment } from '@claras/ports/store/lmdb-environment';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import t from 'tap';
import { tenantErased } from './support/erasure-stories.ts';
import { localGateway } from './support/gateway.ts';

const gateway = await localGateway();
t.teardown(gateway.remove);

/** What the data folder holds, the log of events and its readers' offsets apart. */
async function stored(): Promise<string> {
  await gateway.stop();
  const { tables, close } = lmdbEnvironment(gateway.dataDir, { cells: 64, runtime });
  const lines = (['facts', 'documents', 'scopes', 'indexes', 'sets'] as const).flatMap((name) =>
    [...tables[name].getRange({ start: ' ', end: '\u{10ffff}' })].map(({ key, value }) => `${name} ${key} ${value}`),
  );
  await close();
  await gateway.start();
  return lines.join('\n');
}

t.test('S31 an erased tenant is gone, killed in the middle or not: of its people nothing is stored, and nothing brings it back', (t) =>
  tenantErased(t, { ...gateway, stored, interrupt: gateway.crash }),
);
