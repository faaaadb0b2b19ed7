import { readFileSync } from 'node:fs';
import type { RedisClient } from './redis-client.ts';
import type { RedisConnection } from './redis-connection.ts';
import { epochKey } from './redis-keys.ts';

/** Lua's `epochOf(key)`. */
export const epochLua = readFileSync(new URL('./epoch.lua', import.meta.url), 'utf8');

const raise = `redis.call('HSET', KEYS[1], 'epoch', math.max(epochOf(KEYS[1]), tonumber(ARGV[1])))`;

/** Epochs of the cells, told and raised on the node of each. */
export function redisEpochs(cells: number, ask: RedisConnection['ask']) {
  const each = <T>(question: (client: RedisClient, cell: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: cells }, (_, cell) => ask((client) => question(client, cell))));
  const epochs = (): Promise<number[]> =>
    each(async (client, cell) => Number(await client.eval(`${epochLua}\nreturn epochOf(KEYS[1])`, 1, epochKey(cell))));

  return {
    epochs,
    async raiseEpoch(): Promise<void> {
      // Above every cell: one that was restored by itself does not know how far it had been.
      const next = Math.max(...(await epochs())) + 1;
      await each((client, cell) => client.eval(`${epochLua}\n${raise}`, 1, epochKey(cell), next));
    },
  };
}
