import { topicOfService } from '@claras/contracts/topics';
import { keys } from '@claras/directory/keys';
import { providers } from '@claras/directory/providers';
import { schemaExtensions } from '@claras/directory/schema-extensions';
import { tenants } from '@claras/directory/tenants';
import { memoryStore } from '@claras/ports/store/memory-store';
import { systemRuntime } from '@claras/ports/system-runtime';
import type { FastifyInstance } from 'fastify';
import { edgeServer } from '../src/edge-server.ts';
import type { EdgeParts } from '../src/scim-edge.ts';

const pepper = 'pepper of a test';

/** Asks a server of the edge with one key. */
export const clientOf =
  (server: FastifyInstance, key: string, contentType = 'application/scim+json') =>
  async (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object, headers: Record<string, string> = {}) => {
    const answer = await server.inject({
      method,
      url: `/api/scim/v2${path}`,
      headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': contentType } : {}), ...headers },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    });
    return { status: answer.statusCode, text: answer.body, body: answer.body === '' ? undefined : answer.json() };
  };
export type Send = ReturnType<typeof clientOf>;

/** The edge with tenants of its own, in this process. */
export async function edgeOnMemory() {
  // Time goes on by itself, and further where a test says so.
  let ahead = 0;
  const runtime = { ...systemRuntime, now: () => systemRuntime.now() + ahead };
  const clock = {
    advance(ms: number): void {
      ahead += ms;
    },
  };
  const store = memoryStore({ cells: 4, topicOf: topicOfService, runtime });
  const durable = { store, runtime };
  const apiKeys = keys({ ...durable, peppers: [pepper] });
  const said: object[] = [];
  const say = (detail: object) => void said.push(detail);
  /** One process of the edge; there may be several over one store. */
  const process = (told: Partial<Pick<EdgeParts, 'tenantUrl' | 'entraKeys' | 'metrics' | 'store' | 'runtime'>> = {}) =>
    edgeServer({ ...durable, keys: keys({ ...durable, peppers: [pepper] }), log: { info: say, warn: say, error: say }, ...told });
  const app = process();

  async function tenant(name: string, scopes: readonly ('scim.full' | 'rest.full')[] = ['scim.full']) {
    const { id } = await tenants(durable).create({ name, scim: true });
    return { id, key: (await apiKeys.create({ tenant: id, name: 'test', scopes })).value };
  }
  const settings = { providers: providers(durable), schemaExtensions: schemaExtensions(durable) };
  return { app, process, store, clock, now: runtime.now, keys: apiKeys, ...settings, tenant, said };
}
