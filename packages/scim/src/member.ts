import { isObject } from './own.ts';
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
  const id = isObject(member) ? (member.value ?? member.Value) : member;
  if (typeof id !== 'string' || id === '' || id.length > longestId) throw invalidValue('Each member needs a value: the id of a user.');
  return id;
}
