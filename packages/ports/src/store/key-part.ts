import { createHash } from 'node:crypto';

const longest = 200;

/**
 * What stands in a key for a text that someone else chose: itself, or its hash where it is long. Keys are bounded, and one that doesn't fit
 * could never be written, so its tenant would wait for ever.
 */
export const keyPart = (text: string): string =>
  text.length <= longest ? text : `#${createHash('sha256').update(text).digest('base64url')}`;
