import type { Entry } from './store.ts';

/** How a document stands in lmdb and in Redis: `version time json`. commit.lua reads and writes it too. */
export function decodeEntry<T>(text: string): Entry<T> {
  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  return {
    version: Number(text.slice(0, first)),
    time: Number(text.slice(first + 1, second)),
    value: JSON.parse(text.slice(second + 1)) as T,
  };
}

/** The documents that a change puts, as JSON. Throws what JSON cannot say. */
export function jsonOfPuts(put: Record<string, unknown> = {}): [key: string, json: string][] {
  return Object.entries(put).map(([key, value]) => {
    const json: string | undefined = JSON.stringify(value);
    if (json === undefined) throw new TypeError('a document must be a JSON value');
    return [key, json];
  });
}
