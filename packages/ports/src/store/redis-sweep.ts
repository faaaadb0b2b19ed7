import { Cluster } from 'ioredis';
import type { RedisClient } from './redis-client.ts';

type Ask = <T>(question: (client: RedisClient) => Promise<T>) => Promise<T>;

const scannedAtOnce = 1000;
const literally = (text: string): string => text.replace(/[*?[\]\\]/g, '\\$&');

/**
 * Takes away every index of a scope that has ended. No list says which there are, since each commit would pay for it: all keys of the masters are
 * gone through, until nothing is found in the whole of a pass. (A key may be missed while its slot moves, or a replica takes over.)
 */
export async function unlinkIndexes(ask: Ask, indexOf: (name: string) => string): Promise<void> {
  const pattern = `${literally(indexOf(''))}*`;
  while ((await pass(ask, pattern)) > 0);
}

/** How many it took away. */
async function pass(ask: Ask, pattern: string): Promise<number> {
  let found = 0;
  for (let node = 0; node < (await ask(async (client) => mastersOf(client).length)); node++)
    for (let cursor = '0'; ; ) {
      const [next, keys] = await ask(async (client) => mastersOf(client)[node]!.scan(cursor, 'MATCH', pattern, 'COUNT', scannedAtOnce));
      if (keys.length > 0) await ask((client) => client.unlink(...keys));
      found += keys.length;
      cursor = next;
      if (cursor === '0') break;
    }
  return found;
}

const mastersOf = (client: RedisClient) => (client instanceof Cluster ? client.nodes('master') : [client]);
