import { type AttributePath, valueIn } from './attribute-path.ts';
import type { Attribute, AttributeType } from './attributes.ts';
import { type Comparison, comparedAttribute, type Filter, inText, type Literal } from './filter.ts';
import { containerIn } from './own.ts';
import { sameText } from './same-text.ts';

/** Whether a resource (or an element, inside a value path) satisfies a filter. */
export type ResourceFilter = (resource: object) => boolean;

/** A filter as one function. Comparisons follow the attribute's type and caseExact (RFC 7644, 3.4.2.2). */
export function compileFilter(filter: Filter): ResourceFilter {
  switch (filter.op) {
    case 'and': {
      const terms = filter.terms.map(compileFilter);
      return (resource) => terms.every((term) => term(resource));
    }
    case 'or': {
      const terms = filter.terms.map(compileFilter);
      return (resource) => terms.some((term) => term(resource));
    }
    case 'not': {
      const term = compileFilter(filter.term);
      return (resource) => !term(resource);
    }
    case 'has': {
      const element = compileFilter(filter.element);
      const { path } = filter;
      return (resource) => valuesAt(resource, path).some((value) => value !== null && typeof value === 'object' && element(value));
    }
    case 'pr':
      return (resource) => valuesAt(resource, filter.path).some(isPresent);
    default:
      return compileComparison(filter.op, filter.path, filter.value);
  }
}

/**
 * True where a resource's JSON says word for word what an equality asks for, before any other object begins in it: what a client asks for by
 * the name that it gave is found without parsing. False says nothing.
 */
export function statesAtOnce(json: string, filter: Filter): boolean {
  if (filter.op !== 'eq' || typeof filter.value !== 'string') return false;
  const { extension, attribute, sub } = filter.path;
  if (extension !== undefined || sub || attribute.type !== 'string' || attribute.multiValued) return false;
  const place = json.indexOf(`"${attribute.name}":${JSON.stringify(filter.value)}`);
  return place > 0 && json.lastIndexOf('{', place) === 0;
}

/** Has a value that is not empty, or, where complex, a part that has one (RFC 7644, table 3: `pr`). */
const isPresent = (value: unknown): boolean =>
  value !== null && typeof value === 'object'
    ? Object.values(value).some(isPresent)
    : value !== undefined && value !== null && value !== '';

function compileComparison(op: Comparison, path: AttributePath, value: Literal): ResourceFilter {
  if (op === 'ne') {
    const equal = compileComparison('eq', path, value);
    return (resource) => !equal(resource);
  }
  if (value === null) return (resource) => op === 'eq' && !valuesAt(resource, path).some(isPresent);
  const compared = comparedAttribute(path);
  // A part of a text has its spaces and dots.
  const attribute: Attribute = inText.has(op) ? { ...compared, type: 'string', uniqueness: 'none' } : compared;
  const { type } = attribute;
  const wanted = comparable(attribute, type, value);
  if (wanted === undefined) return () => false;
  const compare = comparators[op];
  const part = path.sub ? undefined : path.attribute.byName.get('value');
  return (resource) =>
    valuesAt(resource, part ? { ...path, sub: part } : path).some((candidate) => {
      const actual = comparable(attribute, type, candidate);
      return typeof actual === typeof wanted && compare(actual as Comparable, wanted);
    });
}

type Comparable = string | number | boolean;
const text = (value: Comparable): string => String(value);
const comparators: Record<Exclude<Comparison, 'ne'>, (actual: Comparable, wanted: Comparable) => boolean> = {
  eq: (actual, wanted) => actual === wanted,
  co: (actual, wanted) => text(actual).includes(text(wanted)),
  sw: (actual, wanted) => text(actual).startsWith(text(wanted)),
  ew: (actual, wanted) => text(actual).endsWith(text(wanted)),
  gt: (actual, wanted) => actual > wanted,
  ge: (actual, wanted) => actual >= wanted,
  lt: (actual, wanted) => actual < wanted,
  le: (actual, wanted) => actual <= wanted,
};

/** A value as its type is compared: instants as numbers, text without case unless caseExact. Undefined: not of that type. */
function comparable(attribute: Attribute, type: AttributeType, value: unknown): Comparable | undefined {
  switch (type) {
    case 'boolean':
      if (typeof value === 'boolean') return value;
      return typeof value === 'string' && /^(true|false)$/i.test(value) ? value.toLowerCase() === 'true' : undefined;
    case 'dateTime': {
      const instant = typeof value === 'string' ? Date.parse(value) : Number.NaN;
      return Number.isNaN(instant) ? undefined : instant;
    }
    case 'integer':
    case 'decimal':
      return typeof value === 'number' ? value : undefined;
    default:
      if (typeof value === 'string') return sameText(attribute, value);
      return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
  }
}

/** Every value at a path: one for a single-valued attribute, those of each element for a multi-valued one. */
function valuesAt(resource: object, { extension, attribute, sub }: AttributePath): unknown[] {
  const container = extension === undefined ? resource : containerIn(resource, extension);
  const value = valueIn(container, attribute);
  if (value === undefined) return [];
  const elements = Array.isArray(value) ? value : [value];
  return sub ? elements.map((element) => valueIn(element, sub)) : elements;
}
