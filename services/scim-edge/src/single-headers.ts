import { invalidSyntax } from '@claras/scim/scim-error';
import type { FastifyRequest } from 'fastify';

const single = new Set(['authorization', 'content-type', 'host']);

/** Node takes the first of two such headers; a proxy in front may have looked at the second. Throws 400. */
export function assertSingleHeaders(request: FastifyRequest): void {
  const { rawHeaders } = request.raw;
  let seen = '';
  for (let n = 0; n < rawHeaders.length; n += 2) {
    const name = rawHeaders[n]!.toLowerCase();
    if (!single.has(name)) continue;
    if (seen.includes(name)) throw invalidSyntax(`The header ${name} was sent twice.`);
    seen += `${name} `;
  }
}
