import { isMembers } from './attribute-path.ts';
import { type Filter, mentions, termsOf } from './filter.ts';
import { compileFilter } from './filter-evaluate.ts';
import { givenMembers, idInReference, membersOf } from './member.ts';
import type { PatchOperation } from './patch.ts';
import type { Target } from './patch-path.ts';
import { invalidFilter, invalidPath, tooMany } from './scim-error.ts';

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

/** Each is a look at every member. */
const mostTerms = 50;

/**
 * `additiveMembers`: a replace adds to the members there are, instead of being all of them (some of Entra's logs show a replace for each member; RFC
 * 7644, 3.5.2.3, knows only the whole set). Throws 400 invalidValue for members without an id.
 */
export function memberChanges(operations: readonly PatchOperation[], { additiveMembers = false } = {}): MemberChanges {
  const fold = memberFold();
  for (const { op: asked, path, value } of operations) {
    const op = additiveMembers && asked === 'replace' ? 'add' : asked;
    if (!path || path.kind === 'core') {
      const given = op === 'remove' ? undefined : givenMembers(value as object);
      if (given && op !== 'remove') fold[op](idsOf(given.value));
    } else if (path.kind === 'attribute' && isMembers(path.target)) foldTarget(fold, op, path.target, value);
  }
  return fold.changes();
}

function foldTarget(fold: MemberFold, op: PatchOperation['op'], { attribute, sub, element }: Target, value: unknown): void {
  if (sub && sub.name !== 'value') return; // what a member is called is the user's own affair
  if (element) {
    const ids = idsIn(element);
    if (op !== 'remove') return fold.add(ids ?? []);
    if (ids) return fold.remove(ids);
    // The index knows members by id; where they are depends on how the service was asked.
    if (mentions(element, '$ref')) throw invalidFilter('A filter on members takes $ref with eq only; take their value.');
    return fold.removeWhere({ op: 'has', path: { attribute }, element });
  }
  if (op !== 'remove') return fold[op](idsOf(value));
  if (sub && value === undefined) throw invalidPath('To remove every member, the path is members.');
  // A value that is there but names nobody removes nobody: only a bare remove clears.
  return value === undefined ? fold.clear() : fold.remove(idsOf(value));
}

function memberFold() {
  const adding = new Set<string>();
  const removing = new Set<string>();
  let filters: Filter[] = [];
  let cleared = false;
  let touched = false;

  const fold = {
    add(ids: readonly string[]): void {
      touched = true;
      for (const id of ids) {
        removing.delete(id);
        adding.add(id);
      }
    },
    remove(ids: readonly string[]): void {
      touched = true;
      for (const id of ids) {
        adding.delete(id);
        removing.add(id);
      }
    },
    clear(): void {
      touched = true;
      cleared = true;
      adding.clear();
      removing.clear();
      filters = [];
    },
    replace(ids: readonly string[]): void {
      fold.clear();
      fold.add(ids);
    },
    removeWhere(filter: Filter): void {
      touched = true;
      filters.push(filter);
      if (filters.reduce((sum, one) => sum + termsOf(one), 0) > mostTerms)
        throw tooMany('The PATCH has too many filters on members; remove them by value.');
      const matches = compileFilter(filter);
      for (const id of adding) if (matches({ members: [{ value: id, type: 'User' }] })) adding.delete(id);
    },
    changes: (): MemberChanges => ({ touched, clear: cleared, add: [...adding], remove: [...removing], removeWhere: filters }),
  };
  return fold;
}
type MemberFold = ReturnType<typeof memberFold>;

const idsOf = (given: unknown): string[] => membersOf(given).map(({ value }) => value);

/** The ids in `value eq "a"`, `$ref eq "…/Users/a"` and either of them `or` others; undefined for any other filter. */
function idsIn(filter: Filter): string[] | undefined {
  if (filter.op === 'eq' && typeof filter.value === 'string') {
    const { name } = filter.path.attribute;
    const id = name === '$ref' ? idInReference(filter.value) : filter.value;
    if (name === '$ref' || name === 'value') return id === undefined ? [] : [id];
  }
  if (filter.op !== 'or') return undefined;
  const each = filter.terms.map(idsIn);
  return each.every((ids) => ids !== undefined) ? each.flat() : undefined;
}
