import { createHash } from 'node:crypto';
import { ScimError } from './scim-error.ts';

/**
 * Cursor-based pagination (RFC 9865). A cursor says behind which resource the next page begins and to which query it belongs; it holds nothing
 * secret, lives for ever and costs no memory. Ids stand in the order of creation, so that what is made or deleted meanwhile moves no page.
 */
export interface Cursor {
  /** Resource type at which a search over several goes on. */
  type: string;
  /** Id of the last resource that was served. */
  after: string;
}

const longest = 512;

export const invalidCursor = () =>
  new ScimError(400, 'This cursor is not one that this query was given; begin again without one.', 'invalidCursor');
export const expiredCursor = () => new ScimError(400, 'What this cursor stood at is gone; begin again without one.', 'expiredCursor');

/** `query`: whatever tells one query from another; a cursor of another query is refused. */
export const printCursor = ({ type, after }: Cursor, query: string): string =>
  Buffer.from(JSON.stringify([type, after, fingerprint(query)])).toString('base64url');

/** Undefined for the empty cursor, which asks for the first page. Throws 400 invalidCursor. */
export function readCursor(text: string, query: string): Cursor | undefined {
  if (text === '') return undefined;
  const parts = text.length <= longest ? parsed(text) : undefined;
  if (!Array.isArray(parts)) throw invalidCursor();
  const [type, after, print] = parts;
  if (typeof type !== 'string' || typeof after !== 'string' || print !== fingerprint(query)) throw invalidCursor();
  return { type, after };
}

const fingerprint = (query: string): string => createHash('sha256').update(query).digest('base64url').slice(0, 10);

function parsed(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
