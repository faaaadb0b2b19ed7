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

function* namesIn({ id, expect, put, remove, touch, index, drop }: Change): Generator<string> {
  yield id;
  for (const key in expect) yield key;
  for (const key in put) yield key;
  for (const name in index) {
    yield name;
    if (index[name]!.add) yield* index[name]!.add;
  }
  for (const names of [remove, touch, drop]) if (names) yield* names;
}

/** NUL and colon divide what adapters make of a scope. */
const isScope = /^[^\0:]{1,200}$/;

/** Throws what no adapter could write, before anything is written. */
export function assertFits(scope: Scope, change: Change): void {
  if (!isScope.test(scope)) throw new RangeError('a scope has at most 200 characters, and neither NUL nor a colon');
  for (const name of namesIn(change)) if (!fits(name)) throw new RangeError(`a key has more than ${mostKeyBytes} bytes`);
}
