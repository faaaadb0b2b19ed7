import { pairsOf } from './keyed.ts';
import type { Change, Scope } from './store.ts';

/** UTF-8 bytes of the longest key, index name, member or change id. A longer one is never there, and writing one is a {@link RangeError}. */
export const mostKeyBytes = 1000;

/** No character takes more than three bytes of UTF-8 for each of its UTF-16 units. */
export const fits = (name: string): boolean => name.length * 3 <= mostKeyBytes || Buffer.byteLength(name) <= mostKeyBytes;

/** `edge/acme` → service `edge`, tenant `acme`. */
export function partsOf(scope: Scope): { service: string; tenant: string } {
  const slash = scope.indexOf('/');
  return { service: scope.slice(0, slash), tenant: scope.slice(slash + 1) };
}

function assertName(name: string): void {
  if (!fits(name)) throw new RangeError(`a key has more than ${mostKeyBytes} bytes`);
}

/** NUL and colon divide what adapters make of a scope. */
const isScope = /^[^\0:]{1,200}$/;

/** Throws what no adapter could write, before anything is written. */
export function assertFits(scope: Scope, change: Change): void {
  if (!isScope.test(scope)) throw new RangeError('a scope has at most 200 characters, and neither NUL nor a colon');
  const { id, expect, put, index, remove = [], touch = [], drop = [] } = change;
  assertName(id);
  for (const [key] of pairsOf(expect)) assertName(key);
  for (const [key] of pairsOf(put)) assertName(key);
  for (const [name, { add }] of pairsOf(index)) {
    assertName(name);
    add?.forEach(assertName);
  }
  for (const names of [remove, touch, drop]) names.forEach(assertName);
}
