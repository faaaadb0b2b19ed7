import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runtime } from '@claras/ports/runtime';
import { lmdbEnvironment } from '@claras/ports/store/lmdb-environment';
import { lmdbStore } from '@claras/ports/store/lmdb-store';
import { memoryStore, type StoreSettings } from '@claras/ports/store/memory-store';
import { storeContract } from '@claras/ports/store/store.contract';
import { systemRuntime } from '@claras/ports/system-runtime';
import t, { type Test } from 'tap';
import { virtualRuntime } from './virtual-runtime.ts';

const settings = (runtime: Runtime): StoreSettings => ({ cells: 4, topicOf: { edge: 'directory' }, runtime });

function folder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'claras-store-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

t.test('in memory', async (t) => {
  const runtime = virtualRuntime(1);
  storeContract(t, {
    runtime,
    open: async () => memoryStore(settings(runtime)),
    async pass(ms) {
      const until = runtime.now() + ms;
      void runtime.sleep(ms);
      await runtime.runUntil(() => runtime.now() >= until);
    },
  });
});

t.test('embedded (lmdb)', async (t) => {
  const runtime = systemRuntime;
  let dir = '';
  const openAt = async (place: string) => {
    dir = place;
    return lmdbStore(lmdbEnvironment(dir, settings(runtime)), settings(runtime));
  };
  storeContract(t, { runtime, open: () => openAt(folder(t)), reopen: () => openAt(dir), pass: runtime.sleep });
});
