/** Who and what is who by id, as it is now. `whole`: everyone of the team is among them. */
export interface Names {
  profiles: ReadonlyMap<string, string>;
  /** By SCIM id. */
  users: ReadonlyMap<string, string>;
  keys: ReadonlyMap<string, string>;
  providers: ReadonlyMap<string, string>;
  whole: boolean;
}

/** Where nothing tells the name of a person. */
export const someone = ({ whole }: Names): string => (whole ? 'a person who is no longer in the team' : 'a person of the team');

/** `entra` of `Providers/entra`; empty for what has no id. */
export const idIn = (subject: string): string => subject.slice(subject.indexOf('/') + 1 || subject.length);

export const quoted = (name: string): string => `“${name}”`;

export const counted = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

/** `A`, `A and B`, `A, B and C`. */
export const listed = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

const fewNamed = 3;
/** Some by name, the others by number. `ids`: SCIM ids. */
export function people(ids: readonly string[], names: Names): string {
  const known = [...new Set(ids)].flatMap((id) => names.users.get(id) ?? []).slice(0, fewNamed);
  const others = new Set(ids).size - known.length;
  if (known.length === 0) return others === 1 ? someone(names) : counted(others, 'person', 'people');
  return listed(others === 0 ? known : [...known, counted(others, 'more person', 'more people')]);
}

export const asSentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
