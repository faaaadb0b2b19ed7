import { type AttributePath, valueIn } from './attribute-path.ts';
import { containerIn, own } from './own.ts';
import { sameText } from './same-text.ts';

export interface SortOrder {
  sortBy?: AttributePath;
  descending: boolean;
}

/** A copy in order (RFC 7644, 3.4.2.3): by type and caseExact; a multi-valued attribute by its primary or first element; those without a value last. */
export function sortResources<R extends object>(resources: readonly R[], { sortBy, descending }: SortOrder): R[] {
  if (!sortBy) return [...resources];
  const direction = descending ? -1 : 1;
  const keyed = resources.map((resource) => ({ resource, key: keyOf(resource, sortBy) }));
  keyed.sort((a, b) => {
    if (a.key === undefined || b.key === undefined) return a.key === b.key ? 0 : (a.key === undefined ? 1 : -1) * direction;
    if (typeof a.key !== typeof b.key) return (typeof a.key === 'number' ? -1 : 1) * direction;
    return (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * direction;
  });
  return keyed.map(({ resource }) => resource);
}

function keyOf(resource: object, { extension, attribute, sub }: AttributePath): string | number | undefined {
  const found = valueIn(extension === undefined ? resource : containerIn(resource, extension), attribute);
  const one = Array.isArray(found) ? (found.find((element) => own(element, 'primary') === true) ?? found[0]) : found;
  const part = sub ?? attribute.byName.get('value');
  const value = part ? valueIn(one, part) : one;
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return value;
  const { type } = part ?? attribute;
  return type === 'dateTime' ? Date.parse(String(value)) : sameText(part ?? attribute, String(value));
}
