import { invalidFilter } from './scim-error.ts';

export type Token = { kind: '(' | ')' | '[' | ']' } | { kind: 'word'; text: string } | { kind: 'string'; text: string };

export const longestFilter = 2048;

/** Strings as in JSON; everything else up to a space or bracket is a word. */
const pattern = /\s*(?:([()[\]])|("(?:[^"\\]|\\.)*")|([^\s()[\]"]+))/y;

/** Throws 400 invalidFilter. */
export function tokens(text: string): Token[] {
  if (Buffer.byteLength(text) > longestFilter) throw invalidFilter(`A filter has at most ${longestFilter} bytes.`);
  const found: Token[] = [];
  const trimmed = text.trimEnd();
  pattern.lastIndex = 0;
  while (pattern.lastIndex < trimmed.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(trimmed);
    if (!match) throw invalidFilter(`The filter can’t be read from position ${at + 1} on. Strings stand in double quotes.`);
    if (match[1]) found.push({ kind: match[1] as '(' });
    else if (match[2]) found.push({ kind: 'string', text: unquoted(match[2], at) });
    else found.push({ kind: 'word', text: match[3] as string });
  }
  return found;
}

function unquoted(quoted: string, at: number): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw invalidFilter(`The string at position ${at + 1} of the filter is not a JSON string.`);
  }
}
