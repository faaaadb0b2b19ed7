import type { Attribute } from './attributes.ts';

/**
 * Text as it is compared: as it is where caseExact, else in one Unicode form and case. Where values must be unique, spaces around them do not
 * make two of one.
 */
export function sameText({ caseExact, uniqueness }: Attribute, text: string): string {
  if (caseExact) return text;
  const form = text.normalize('NFKC');
  return (uniqueness === 'server' ? form.trim() : form).toLowerCase();
}
