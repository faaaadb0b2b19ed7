import { cellOf } from '@claras/ports/cell';
import { redisStore } from '@claras/ports/store/redis-store';
import type { Scope, Store } from '@claras/ports/store/store';
import { Redis } from 'ioredis';
import type { Test } from 'tap';
import { until } from '../../../deploy/native/processes.ts';
import { askNode, type RedisNode } from '../../../deploy/native/redis-cluster.ts';
import { dropProxy } from './drop-proxy.ts';
import { settings } from './redis-cases.ts';

/** The slot of a scope's cell. */
export async function slotOf(nodes: readonly RedisNode[], scope: Scope): Promise<number> {
  const cell = cellOf(scope.split('/')[1]!, 4);
  return Number(await askNode(nodes[0]!, 'CLUSTER', 'KEYSLOT', `{c${cell}}`));
}

type Two = [Scope, Scope];

/** Two scopes on each of the three masters, whose slots are even thirds as long as nobody moved one. */
export async function scopesByMaster(nodes: readonly RedisNode[]): Promise<[Two, Two, Two]> {
  const found: Scope[][] = [[], [], []];
  for (let n = 0; found.some(({ length }) => length < 2); n++) {
    const scope: Scope = `edge/t${n}`;
    const of = found[Math.floor(((await slotOf(nodes, scope)) * 3) / 16_384)]!;
    if (of.length < 2) of.push(scope);
  }
  return found as [Two, Two, Two];
}

/** A store on empty data. */
export async function emptyStore(t: Test, { url, nodes }: { url: string; nodes: readonly RedisNode[] }): Promise<Store> {
  for (const node of nodes) await askNode(node, 'FLUSHALL');
  const store = redisStore(url, settings());
  t.teardown(() => store.close());
  await store.ping();
  return store;
}

export function connectionsTo(t: Test, nodes: readonly RedisNode[]): Redis[] {
  const clients = nodes.map(({ port }) => new Redis(port));
  t.teardown(() => {
    for (const client of clients) client.disconnect();
  });
  return clients;
}

/** Proxies before each master, which from now on names them as its address. */
export async function proxied(t: Test, nodes: readonly RedisNode[]) {
  const proxies = await Promise.all(nodes.map(({ port }) => dropProxy(port, '127.0.0.1')));
  const announce = (ports: readonly number[]) =>
    Promise.all(nodes.map((node, n) => askNode(node, 'CONFIG', 'SET', 'cluster-announce-port', ports[n]!)));
  const told = (ports: readonly number[]) =>
    until('the new addresses', 30_000, async () => {
      const views = await Promise.all(nodes.map((node) => askNode(node, 'CLUSTER', 'SLOTS')));
      return views.every((view) => ports.every((port) => view.includes(String(port))));
    });
  t.teardown(async () => {
    await announce(nodes.map(() => 0));
    await told(nodes.map(({ port }) => port));
    await Promise.all(proxies.map((proxy) => proxy.goDown()));
  });
  const ports = proxies.map(({ port }) => port);
  await announce(ports);
  await told(ports);
  return { proxies, url: `redis://${ports.map((port) => `127.0.0.1:${port}`).join(',')}` };
}
