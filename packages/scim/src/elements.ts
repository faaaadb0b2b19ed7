import { type AttributePath, nameIn } from './attribute-path.ts';
import { type Json, type JsonObject, onePrimary, readValue, saysAnything } from './attribute-value.ts';
import type { Attribute } from './attributes.ts';
import type { Filter } from './filter.ts';
import { isObject, own } from './own.ts';
import { sameText } from './same-text.ts';

/** The elements of a multi-valued attribute after more were added: one that is there already takes what is new about it. */
export function union(attribute: Attribute, elements: readonly Json[], added: readonly Json[]): Json[] {
  if (elements.length === 0 && added.length === 1) return [...added];
  const all = [...elements];
  const placeOf = new Map(all.map((element, place) => [identity(element), place]));
  let chosen: number | undefined;
  for (const element of added) {
    const place = placeOf.get(identity(element)) ?? all.length;
    const before = all[place];
    const merged = isObject(before) && isObject(element) ? { ...before, ...element } : element;
    all[place] = merged;
    placeOf.set(identity(merged), place);
    if (own(element, 'primary') === true) chosen = place;
  }
  return attribute.byName.has('primary') ? onePrimary(all, chosen === undefined ? undefined : all[chosen]) : all;
}

/** Elements are one when they have one `value` and one `type`, or, without a value, are equal. */
function identity(element: Json): string {
  if (!isObject(element)) return JSON.stringify(element);
  if (element.value !== undefined) return JSON.stringify([element.value, element.type ?? null]);
  return JSON.stringify(Object.entries(element).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The elements without those that `named` names: by `value` (and `type`, where given), else by all they have. */
export function without(attribute: Attribute, elements: readonly Json[], named: readonly Json[]): Json[] {
  const same = (name: string, a: unknown, b: unknown): boolean => {
    const part = attribute.byName.get(name.toLowerCase());
    return typeof a === 'string' && typeof b === 'string' && part ? sameText(part, a) === sameText(part, b) : a === b;
  };
  const names = (wanted: Json, element: Json): boolean => {
    if (!isObject(wanted) || !isObject(element)) return wanted === element;
    const compared = wanted.value === undefined ? Object.keys(wanted) : ['value', ...(wanted.type === undefined ? [] : ['type'])];
    return compared.every((name) => same(name, own(element, name), own(wanted, name)));
  };
  return elements.filter((element) => !named.some((wanted) => names(wanted, element)));
}

/** The element that a filter describes: `type eq "work" and primary eq "True"` → `{type: "work", primary: true}`. */
export function elementOf(filter: Filter): JsonObject {
  if (filter.op === 'and') return Object.assign({}, ...filter.terms.map(elementOf)) as JsonObject;
  if (filter.op !== 'eq' || filter.value === null) return {};
  const { attribute }: AttributePath = filter.path;
  const value = readValue(attribute, filter.value, () => {});
  return value === undefined ? {} : { [attribute.name]: value };
}

/** With another value of one part, or without it. Undefined where nothing is left. */
export function withPart(one: JsonObject | undefined, part: Attribute, value: Json | undefined): JsonObject | undefined {
  const changed = { ...one };
  const name = nameIn(changed, part);
  if (value === undefined) delete changed[name];
  else changed[name] = value;
  return Object.keys(changed).length > 0 ? changed : undefined;
}

/** An element that lost what it said is dropped. */
export const leftOf = (one: JsonObject | undefined): JsonObject | undefined => (one && saysAnything(one) ? one : undefined);
