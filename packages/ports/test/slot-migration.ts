import { askNode, type RedisNode } from '../../../deploy/native/redis-cluster.ts';

const idOf = async (node: RedisNode): Promise<string> => (await askNode(node, 'CLUSTER', 'MYID')).trim();

/**
 * Moves a slot from one master to another as redis-cli --cluster reshard does, a key at a time. `between` is called after each key that has moved,
 * while some of them are here and some there.
 */
export async function migrateSlot(
  { nodes, slot, from, to }: { nodes: readonly RedisNode[]; slot: number; from: RedisNode; to: RedisNode },
  between: () => Promise<void>,
): Promise<void> {
  const target = await idOf(to);
  await askNode(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(from));
  await askNode(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', target);
  for (;;) {
    const key = (await askNode(from, 'CLUSTER', 'GETKEYSINSLOT', slot, 1)).trim();
    if (key === '') break;
    await askNode(from, 'MIGRATE', '127.0.0.1', to.port, key, 0, 5000);
    await between();
  }
  const rest = nodes.filter((node) => node !== to);
  for (const node of [to, ...rest]) await askNode(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', target);
}
