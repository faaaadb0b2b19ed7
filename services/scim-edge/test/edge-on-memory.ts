import { keys } from '@claras/directory/keys';
import { providers } from '@claras/directory/providers';
import { tenants } from '@claras/directory/tenants';
import { memoryStore } from '@claras/ports/store/memory-store';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { edgeServer } from '../src/edge-server.ts';

/** The edge with tenants of its own, in this process. */
export async function edgeOnMemory() {
  const store = memoryStore({ cells: 4, topicOf: { edge: 'directory' }, runtime });
  const durable = { store, runtime };
  const apiKeys = keys({ ...durable, pepper: 'pepper of a test' });
  const said: object[] = [];
  const say = (detail: object) => void said.push(detail);
  const app = edgeServer({ ...durable, keys: apiKeys, log: { info: say, warn: say, error: say } });

  async function tenant(name: string, scopes: readonly ('scim.full' | 'rest.full')[] = ['scim.full']) {
    const { id } = await tenants(durable).create({ name, scim: true });
    return { id, key: (await apiKeys.create({ tenant: id, name: 'test', scopes })).value };
  }
  return { app, store, keys: apiKeys, providers: providers(durable), tenant, said };
}
