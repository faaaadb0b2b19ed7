import { assertJsonShape, longestBody } from '@claras/scim/json-limits';
import { invalidSyntax } from '@claras/scim/scim-error';
import type { FastifyInstance } from 'fastify';

/** SCIM bodies are JSON under two names (RFC 7644, 3.1); anything else is 415. Bounded in size and depth before anyone reads them. */
export function scimBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/scim+json', 'application/json'],
    { parseAs: 'string', bodyLimit: longestBody },
    (_request, text, done) => {
      if (text === '') return done(null, undefined);
      try {
        const body: unknown = JSON.parse(text as string);
        assertJsonShape(body);
        done(null, body);
      } catch (error) {
        done(error instanceof SyntaxError ? invalidSyntax('The body is not JSON.') : (error as Error));
      }
    },
  );
}
