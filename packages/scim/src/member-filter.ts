import { isMembers } from './attribute-path.ts';
import { type Filter, indexedEquality } from './filter.ts';

/**
 * The ids that decide whether a group satisfies a filter, so that its other members need not be read: Entra's reference check asks for one.
 * Undefined: any member may.
 */
export function decidingMembers(filter: Filter): string[] | undefined {
  if ('terms' in filter) {
    const each = filter.terms.map(decidingMembers);
    return each.every((ids) => ids !== undefined) ? each.flat() : undefined;
  }
  if (filter.op === 'not') return decidingMembers(filter.term);
  const { path } = filter;
  if (!isMembers(path)) return [];
  if (filter.op === 'has') {
    const ids = indexedEquality(filter.element).flatMap(({ attribute, value }) => (attribute === 'value' ? [value] : []));
    return ids.length > 0 ? ids : undefined;
  }
  const isIdentity = (filter.op === 'eq' || filter.op === 'ne') && (path.sub === undefined || path.sub.name === 'value');
  return isIdentity && filter.value !== null ? [String(filter.value)] : undefined;
}
