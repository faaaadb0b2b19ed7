import { type Json, type JsonObject, readValue } from './attribute-value.ts';
import type { Document } from './document.ts';
import { elementOf, leftOf, withPart } from './elements.ts';
import { type Filter, termsOf } from './filter.ts';
import { compileFilter } from './filter-evaluate.ts';
import { isObject } from './own.ts';
import type { Target } from './patch-path.ts';
import { noTarget, payloadTooLarge } from './scim-error.ts';

/** Says of each element whether a path's filter picks it. */
export type Picker = (filter: Filter, elements: readonly Json[]) => boolean[];

/** Comparisons that the filters of one request's paths may take: some 50 ms. */
const mostComparisons = 500_000;

export function elementPicker(): Picker {
  let comparisons = 0;
  return (filter, elements) => {
    comparisons += termsOf(filter) * elements.length;
    if (comparisons > mostComparisons) throw payloadTooLarge('The request has too many filters in paths; send it in several.');
    const matches = compileFilter(filter);
    return elements.map((one) => isObject(one) && matches(one));
  };
}

/** The picked elements, or a new one made of the filter's equalities where there is none: Entra needs that (RFC 7644, 3.5.2.3 has noTarget). */
export function setPicked(document: Document, picker: Picker, verb: 'add' | 'replace', target: Target, value: unknown): void {
  const { attribute, sub } = target;
  const filter = target.element as Filter;
  const elements = document.elementsAt(target);
  const picked = picker(filter, elements);
  const seed = elementOf(filter);
  const read = sub ? readValue(sub, value, document.passOver) : firstOf(readValue(attribute, value, document.passOver));

  function changed(one: JsonObject): JsonObject | undefined {
    if (sub) return read === undefined ? leftOf(withPart(one, sub, read)) : withPart(one, sub, read);
    return read === undefined ? undefined : { ...(verb === 'add' ? one : seed), ...(read as JsonObject) };
  }
  if (picked.includes(true)) {
    const after = elements.map((one, place) => (picked[place] ? changed(one as JsonObject) : one));
    return document.putElements(target, after, after[picked.lastIndexOf(true)]);
  }
  if (read === undefined) return;
  if (Object.keys(seed).length === 0)
    throw noTarget('No element matches the filter of the path, and the filter has no equality to make one of.');
  const made = changed(seed);
  document.putElements(target, [...elements, made], made);
}

/** The picked elements, or one sub-attribute of each. None picked: nothing to do (RFC 7644 allows noTarget, which Entra would send again). */
export function removePicked(document: Document, picker: Picker, target: Target): void {
  const { sub } = target;
  const elements = document.elementsAt(target);
  const picked = picker(target.element as Filter, elements);
  const left = (one: Json): Json | undefined => sub && leftOf(withPart(one as JsonObject, sub, undefined));
  document.putElements(
    target,
    elements.map((one, place) => (picked[place] ? left(one) : one)),
  );
}

const firstOf = (value: Json | undefined): Json | undefined => (Array.isArray(value) ? value[0] : value);
