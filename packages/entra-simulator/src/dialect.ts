import type { Group, Person } from './company.ts';
import type { AttributeChange, Dialect } from './intent.ts';
import { enterpriseSchema, groupSchema, isFiltered, managerTarget, targets, userSchema, writeTarget } from './mapping.ts';

/** The body of a POST or PATCH. */
export type Body = Record<string, unknown>;

interface Operation {
  op: string;
  path?: string;
  value?: unknown;
}

const patch = (Operations: Operation[]): Body => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });

const opNames = {
  legacy: { add: 'Add', replace: 'Replace', remove: 'Remove' },
  flagged: { add: 'add', replace: 'replace', remove: 'remove' },
} as const;

const boolean = (dialect: Dialect, value: boolean): boolean | string => (dialect === 'flagged' ? value : value ? 'True' : 'False');

/** POST /Users. With `nulls`, absent attributes are named, as in Microsoft's sample. */
export function userBody(person: Person, nulls = false): Body {
  const body: Body = { schemas: [userSchema, enterpriseSchema], active: person.active, meta: { resourceType: 'User' }, roles: [] };
  for (const target of targets) {
    const value = person.attributes[target];
    if (value !== undefined) writeTarget(body, target, value);
  }
  if (nulls) for (const name of ['addresses', 'phoneNumbers', 'preferredLanguage', 'title']) body[name] ??= null;
  return body;
}

/** POST /Groups: without members, with Microsoft's own schema URN. */
export const groupBody = (group: Group): Body => ({
  schemas: [groupSchema, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
  externalId: group.objectId,
  displayName: group.displayName,
  meta: { resourceType: 'Group' },
});

type Assignment = Pick<AttributeChange, 'before'> & { target: string; value: unknown };

/** One op for each attribute: Add where there was no value. */
const legacyUpdate = (assignments: Assignment[]): Operation[] =>
  assignments.map(({ target, before, value }) => ({
    op: before === undefined ? opNames.legacy.add : opNames.legacy.replace,
    path: target,
    value,
  }));

/** Filtered attributes one by one, then the others in one op without path, its keys dotted; a single one keeps its path. */
function flaggedUpdate(assignments: Assignment[]): Operation[] {
  const alone = assignments.filter(({ target }) => isFiltered(target));
  const others = assignments.filter(({ target }) => !isFiltered(target));
  const operations: Operation[] = alone.map(({ target, before, value }) => ({
    op: before === undefined ? opNames.flagged.add : opNames.flagged.replace,
    path: target,
    value,
  }));
  if (others.length === 1) operations.push({ op: opNames.flagged.replace, path: others[0]!.target, value: others[0]!.value });
  if (others.length > 1)
    operations.push({ op: opNames.flagged.replace, value: Object.fromEntries(others.map(({ target, value }) => [target, value])) });
  return operations;
}

/** PATCH /Users/{id} with changed attributes. */
export function updateBody(dialect: Dialect, changes: readonly AttributeChange[], active?: boolean): Body {
  const assignments: Assignment[] = [...changes];
  if (active !== undefined) assignments.push({ target: 'active', before: 'known', value: boolean(dialect, active) });
  return patch(dialect === 'legacy' ? legacyUpdate(assignments) : flaggedUpdate(assignments));
}

/** PATCH /Users/{id} for somebody who was found although Entra did not know them: every mapped value. */
export const matchedBody = (dialect: Dialect, person: Person): Body =>
  updateBody(
    dialect,
    targets.flatMap((target) => {
      const value = person.attributes[target];
      return value === undefined ? [] : [{ target, before: value, value }];
    }),
    person.active,
  );

/** PATCH /Users/{id} with the manager, a bare id in both dialects. Without one: removed, or emptied. */
export function managerBody(dialect: Dialect, manager: string | undefined, change: { known: boolean; emptied: boolean }): Body {
  const ops = opNames[dialect];
  if (manager !== undefined) return patch([{ op: change.known ? ops.replace : ops.add, path: managerTarget, value: manager }]);
  if (!change.emptied) return patch([{ op: ops.remove, path: managerTarget }]);
  return patch([{ op: ops.replace, path: managerTarget, value: dialect === 'legacy' ? '' : { value: '' } }]);
}

/** PATCH /Groups/{id} with its name. */
export const renameBody = (dialect: Dialect, displayName: string): Body =>
  patch([{ op: opNames[dialect].replace, path: 'displayName', value: displayName }]);

/** PATCH /Groups/{id} with member ids: value arrays, except a flagged removal, which names each member in the path. */
export function membersBody(dialect: Dialect, add: readonly string[], remove: readonly string[]): Body {
  const ops = opNames[dialect];
  const listed = (ids: readonly string[]) => ids.map((value) => (dialect === 'legacy' ? { $ref: null, value } : { value }));
  const operations: Operation[] = [];
  if (add.length > 0) operations.push({ op: ops.add, path: 'members', value: listed(add) });
  if (remove.length > 0 && dialect === 'legacy') operations.push({ op: ops.remove, path: 'members', value: listed(remove) });
  if (dialect === 'flagged') operations.push(...remove.map((id) => ({ op: ops.remove, path: `members[value eq "${id}"]` })));
  return patch(operations);
}

const quoted = (value: string): string => `"${value.replace(/[\\"]/g, '\\$&')}"`;

/** `attribute eq "value"`, joined by `and`. */
export const equals = (terms: Record<string, string>): string =>
  Object.entries(terms)
    .map(([attribute, value]) => `${attribute} eq ${quoted(value)}`)
    .join(' and ');

/** A query as Entra writes it: spaces are +, quotes %22, @ %40. */
export const queryOf = (parameters: Record<string, string>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%20/g, '+')}`)
    .join('&');
