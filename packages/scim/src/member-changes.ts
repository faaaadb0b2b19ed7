import type { Filter } from './filter.ts';
import { compileFilter } from './filter-evaluate.ts';
import { membersOf } from './member.ts';
import { own } from './own.ts';
import type { PatchOperation } from './patch.ts';

/** What a PATCH asks of a group's members, folded in order: first `clear`, then `remove` and `removeWhere`, then `add`. */
export interface MemberChanges {
  /** False: the PATCH says nothing about members. */
  touched: boolean;
  clear: boolean;
  add: string[];
  remove: string[];
  /** Filters over a group, `members[…]`, that cannot be reduced to ids. */
  removeWhere: Filter[];
}

/** Throws 400 invalidValue for members without an id. */
export function memberChanges(operations: readonly PatchOperation[]): MemberChanges {
  const adding = new Set<string>();
  const removing = new Set<string>();
  let removeWhere: Filter[] = [];
  let clear = false;
  let touched = false;

  const add = (ids: readonly string[]): void => {
    for (const id of ids) {
      removing.delete(id);
      adding.add(id);
    }
  };
  const remove = (ids: readonly string[]): void => {
    for (const id of ids) {
      adding.delete(id);
      removing.add(id);
    }
  };
  const empty = (): void => {
    clear = true;
    adding.clear();
    removing.clear();
    removeWhere = [];
  };
  const removeMatching = (path: Extract<Filter, { op: 'has' }>['path'], element: Filter): void => {
    const ids = idsIn(element);
    if (ids) return remove(ids);
    const filter: Filter = { op: 'has', path, element };
    const matches = compileFilter(filter);
    for (const id of adding) if (matches({ members: [{ value: id, type: 'User' }] })) adding.delete(id);
    removeWhere.push(filter);
  };

  for (const operation of operations) {
    const { op } = operation;
    const asked = aboutMembers(operation);
    if (!asked) continue;
    touched = true;
    if (op === 'remove') {
      if (asked.element) removeMatching({ attribute: asked.attribute }, asked.element);
      // A value that is there but names nobody removes nobody: only a bare remove clears.
      else if (operation.value === undefined) empty();
      else remove(membersOf(operation.value).map(({ value }) => value));
      continue;
    }
    if (op === 'replace' && !asked.element) empty();
    const ids = asked.element ? idsIn(asked.element) : undefined;
    add(ids ?? membersOf(asked.value).map(({ value }) => value));
  }
  return { touched, clear, add: [...adding], remove: [...removing], removeWhere };
}

function aboutMembers({ path, value }: PatchOperation) {
  if (!path) {
    const name = Object.keys(value as object).find((key) => /(^|:)members$/i.test(key));
    return name === undefined ? undefined : { value: own(value, name), element: undefined, attribute: undefined as never };
  }
  if (path.kind !== 'attribute' || path.target.attribute.name !== 'members') return undefined;
  return { value, element: path.target.element, attribute: path.target.attribute };
}

/** The ids in `value eq "a"` and `value eq "a" or value eq "b"`; undefined for any other filter. */
function idsIn(filter: Filter): string[] | undefined {
  if (filter.op === 'eq' && filter.path.attribute.name === 'value' && typeof filter.value === 'string') return [filter.value];
  if (filter.op !== 'or') return undefined;
  const each = filter.terms.map(idsIn);
  return each.every((ids) => ids !== undefined) ? (each as string[][]).flat() : undefined;
}
