import { jsonOf } from '@claras/contracts/json-text';
import { type Keyed, pairsOf } from './keyed.ts';
import type { Entry } from './store.ts';

/** A document as it stands in a store. What is only passed on is never parsed. */
export class StoredEntry<T> implements Entry<T> {
  readonly json: string;
  readonly version: number;
  readonly time: number;
  #value: T | undefined;

  constructor(json: string, version: number, time: number) {
    this.json = json;
    this.version = version;
    this.time = time;
  }
  get value(): T {
    this.#value ??= JSON.parse(this.json) as T;
    return this.#value;
  }
}

/** How a document stands in lmdb and in Redis: `version time json`. commit.lua reads and writes it too. */
export function decodeEntry<T>(text: string): Entry<T> {
  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  return new StoredEntry<T>(text.slice(second + 1), Number(text.slice(0, first)), Number(text.slice(first + 1, second)));
}

/** The documents that a change puts, as JSON. Throws what JSON cannot say. */
export function jsonOfPuts(put: Keyed<unknown> | undefined): [key: string, json: string][] {
  const found: [string, string][] = [];
  for (const [key, value] of pairsOf(put)) {
    const json = jsonOf(value);
    if (json === undefined) throw new TypeError('a document must be a JSON value');
    found.push([key, json]);
  }
  return found;
}
