import { preconditionFailed } from './scim-error.ts';

/** A weak ETag (RFC 7644, 3.14): the same attributes, not the same bytes. `beside` stands for what is served and has no part in the version. */
export const etag = (version: number, beside?: string): string => (beside === undefined ? `W/"${version}"` : `W/"${version}.${beside}"`);

const isAny = (header: string): boolean => header.trim() === '*';
const tagsIn = (header: string): string[] => header.split(',').map((tag) => tag.trim().replace(/^W\//i, ''));

const names = (header: string, version: number): boolean =>
  isAny(header) || tagsIn(header).some((tag) => tag.replace(/\.[\w-]+(?="$)/, '') === `"${version}"`);

/** Throws 412 unless If-Match names this version. */
export function checkIfMatch(header: string, version: number): void {
  if (!names(header, version))
    throw preconditionFailed('The resource was changed since you read it; read it again and repeat your change.');
}

/** Throws 412 where If-None-Match names this version: the caller wants to write only what it does not know (RFC 9110, 13.1.2). */
export function checkIfNoneMatch(header: string, version: number): void {
  if (names(header, version)) throw preconditionFailed('The resource is still as If-None-Match says; nothing was changed.');
}

export const isNotModified = (ifNoneMatch: string, tag: string): boolean =>
  isAny(ifNoneMatch) || tagsIn(ifNoneMatch).includes(tag.replace(/^W\//, ''));
