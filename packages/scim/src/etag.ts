import { preconditionFailed } from './scim-error.ts';

/** A weak ETag (RFC 7644, 3.14): the same attributes, not the same bytes. */
export const etag = (version: number): string => `W/"${version}"`;

const names = (header: string, version: number): boolean =>
  header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//i, '') === `"${version}"`);

/** Throws 412 unless If-Match names this version. */
export function checkIfMatch(header: string, version: number): void {
  if (!names(header, version))
    throw preconditionFailed('The resource was changed since you read it; read it again and repeat your change.');
}

/** Throws 412 where If-None-Match names this version: the caller wants to write only what it does not know (RFC 9110, 13.1.2). */
export function checkIfNoneMatch(header: string, version: number): void {
  if (names(header, version)) throw preconditionFailed('The resource is still as If-None-Match says; nothing was changed.');
}

export const isNotModified = (ifNoneMatch: string | undefined, version: number): boolean =>
  ifNoneMatch !== undefined && names(ifNoneMatch, version);
