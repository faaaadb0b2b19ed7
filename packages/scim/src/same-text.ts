import type { Attribute } from './attributes.ts';

/**
 * Text as it is compared: as it is where caseExact, else in one Unicode form and case. Where values must be unique, by what is unique about
 * them: who is refused as taken is found by a filter for the name that was refused, or the caller could never go on.
 */
export function sameText({ name, caseExact, uniqueness }: Attribute, text: string): string {
  if (caseExact) return text;
  if (uniqueness !== 'server') return text.normalize('NFKC').toLowerCase();
  return name === 'userName' ? uniqueText(text).replace(/\.$/, '') : uniqueText(text); // a dot may end a domain (RFC 1034, 3.1)
}

/** Spaces around a value, its case and its Unicode form do not make two of one. */
export const uniqueText = (text: string): string => text.normalize('NFKC').trim().toLowerCase();
