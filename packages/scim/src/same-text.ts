import type { Attribute } from './attributes.ts';

/**
 * Text as it is compared: as it is where caseExact, else in one Unicode form and case. Where values must be unique, spaces around them do not
 * make two of one.
 */
export function sameText({ caseExact, uniqueness }: Attribute, text: string): string {
  if (caseExact) return text;
  return uniqueness === 'server' ? uniqueText(text) : text.normalize('NFKC').toLowerCase();
}

/** What two values share of which one is refused as taken: a filter for the one then finds the other, or its caller could never go on. */
export const uniqueText = (text: string): string => text.normalize('NFKC').trim().toLowerCase();
