import { readFileSync } from 'node:fs';
import { startOf } from '@claras/contracts/sequence';
import type { RedisClient } from './redis-client.ts';
import type { Place } from './redis-keys.ts';
import type { RangeQuery, RangeResult } from './store.ts';

const lua = readFileSync(new URL('./range.lua', import.meta.url), 'utf8');

type Scripted = RedisClient & {
  rangeOfIndex(...args: (string | number)[]): Promise<[number, string | null, string | null, string[]]>;
};

/** Makes the script known to a connection. One call of it costs a client half of what a transaction of the same commands does. */
export function rangeScript(client: RedisClient): (place: Place, index: string, query: RangeQuery) => Promise<RangeResult> {
  client.defineCommand('rangeOfIndex', { lua, numberOfKeys: 3 });
  return async (place, index, { offset = 0, after, limit }) => {
    const args = [limit, offset, ...(after === undefined ? [] : [after])];
    const answer = await (client as Scripted).rangeOfIndex(place.index(index), place.state, place.epoch, ...args);
    const [total, sequence, epoch, members] = answer;
    return { members, total, sequence: Math.max(Number(sequence ?? 0), startOf(Number(epoch ?? 0))) };
  };
}
