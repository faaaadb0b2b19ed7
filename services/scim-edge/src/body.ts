import { assertJsonShape, longestBody } from '@claras/scim/json-limits';
import { invalidSyntax, ScimError } from '@claras/scim/scim-error';
import type { FastifyInstance } from 'fastify';

/** JSON is UTF-8 whatever charset a header names (RFC 8259, 8.1); a byte order mark is passed over. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** SCIM bodies are JSON under two names (RFC 7644, 3.1); anything else is 415. Bounded in size and depth before anyone reads them. */
export function scimBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/scim+json', 'application/json'],
    { parseAs: 'buffer', bodyLimit: longestBody },
    (_request, bytes, done) => {
      if (bytes.length === 0) return done(null, undefined);
      try {
        const body: unknown = JSON.parse(utf8.decode(bytes as Buffer));
        assertJsonShape(body);
        done(null, body);
      } catch (error) {
        done(error instanceof ScimError ? error : invalidSyntax('The body is not JSON in UTF-8.'));
      }
    },
  );
}
