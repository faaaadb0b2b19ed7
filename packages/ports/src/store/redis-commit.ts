import { readFileSync } from 'node:fs';
import { jsonOf } from '@claras/contracts/json-text';
import { jsonOfPuts } from './entry-text.ts';
import { pairsOf } from './keyed.ts';
import type { RedisClient } from './redis-client.ts';
import { epochLua } from './redis-epochs.ts';
import type { Place } from './redis-keys.ts';
import type { Change, CommitResult } from './store.ts';

const lua = epochLua + readFileSync(new URL('./commit.lua', import.meta.url), 'utf8');

/** Takes lists: a hundred thousand members spread out as arguments would overflow the stack. */
type Scripted = RedisClient & {
  commitChange(count: number, keys: string[], args: (string | number)[]): Promise<[1, number, number] | [0, string] | [2]>;
};

const list = (items: readonly (string | number)[]): (string | number)[] => [items.length, ...items];

/** KEYS and ARGV of commit.lua. Throws what cannot be written as JSON. */
export function argumentsOf(place: Place, change: Change): { keys: string[]; args: (string | number)[] } {
  const { id, time, expect, touch = [], remove = [], put, drop = [], index, events = [], end } = change;
  const keys = [place.documents, place.state, place.changes, place.olderChanges, place.outbox, place.epoch];
  const numberOf = (name: string): number => keys.push(place.index(name));
  const dropped = drop.map(numberOf);
  const changed = [...pairsOf(index)];
  const indexes = changed.flatMap(([name, { add = [], remove: leave = [] }]) => [numberOf(name), ...list(leave), ...list(add)]);
  const args = [
    ...[id, time, place.tenant, place.channel, place.cell, end ? 1 : 0],
    ...list([...pairsOf(expect)].flat()),
    ...list(touch),
    ...list(remove),
    ...list(jsonOfPuts(put).flat()),
    ...list(dropped),
    ...[changed.length, ...indexes],
    ...list(events.flatMap(({ data, ...attributes }) => [JSON.stringify(attributes), jsonOf(data) ?? 'null'])),
  ];
  return { keys, args };
}

/** Makes the script known to a connection. */
export function commitScript(client: RedisClient): (place: Place, change: Change) => () => Promise<CommitResult | 'ended'> {
  client.defineCommand('commitChange', { lua });
  return (place, change) => {
    const { keys, args } = argumentsOf(place, change);
    return async () => {
      const answer = await (client as Scripted).commitChange(keys.length, keys, args);
      if (answer[0] === 2) return 'ended';
      return answer[0] === 1 ? { ok: true, sequence: answer[1], version: answer[2] } : { ok: false, conflict: answer[1] };
    };
  };
}
