import { isMembers } from './attribute-path.ts';
import { resourceTypes } from './attributes.ts';
import { isObject, ownInAnyCase } from './own.ts';
import { parseKey } from './patch-path.ts';
import { invalidValue } from './scim-error.ts';

export interface Member {
  /** Id of the user. */
  value: string;
}

const longestId = 128;

/** Members in any shape that clients use: `[{value}]`, one object, a bare id. Each id once. Throws 400 invalidValue for anything else. */
export function membersOf(given: unknown): Member[] {
  if (given === null || given === undefined || given === '') return [];
  const ids = (Array.isArray(given) ? given : [given]).map(idOf);
  return [...new Set(ids)].map((value) => ({ value }));
}

function idOf(member: unknown): string {
  const id = isObject(member) ? (ownInAnyCase(member, 'value') ?? idInReference(ownInAnyCase(member, '$ref'))) : member;
  if (typeof id !== 'string' || id === '' || id.length > longestId) throw invalidValue('Each member needs a value: the id of a user.');
  return id;
}

/** `$ref` names the same user by where it is; an id of another tenant is nobody's here, so only the last part counts. */
export const idInReference = (reference: unknown): string | undefined =>
  typeof reference === 'string' ? /(?:^|\/)Users\/([^/?#]+)$/i.exec(reference)?.[1] : undefined;

/** What an object says of `members`: under that name, with the URN, or inside the core schema's own container. Undefined: nothing. */
export function givenMembers(values: object): { value: unknown } | undefined {
  let given: { value: unknown } | undefined;
  for (const [key, value] of Object.entries(values)) {
    const path = parseKey(resourceTypes.Group, key, values);
    if (path.kind === 'core' && isObject(value)) given = givenMembers(value) ?? given;
    else if (path.kind === 'attribute' && isMembers(path.target) && !path.target.sub && !path.target.element) given = { value };
  }
  return given;
}
