import { assertJsonShape, longestBody } from '@claras/scim/json-limits';
import { invalidSyntax, ScimError } from '@claras/scim/scim-error';
import type { FastifyInstance } from 'fastify';
import type { LetIn } from './admit-requests.ts';
import { longBody, turnForLongWork } from './long-work.ts';

/** JSON is UTF-8 whatever charset a header names (RFC 8259, 8.1); a byte order mark is passed over. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * SCIM bodies are JSON under two names (RFC 7644, 3.1); anything else is 415. Bounded in size and depth before anyone reads them. One that
 * is whole waits to be let in: who sends slowly takes nobody's place meanwhile.
 */
export function scimBodies(app: FastifyInstance, letIn: LetIn): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/scim+json', 'application/json'],
    { parseAs: 'buffer', bodyLimit: longestBody },
    (request, bytes, done) =>
      letIn(request, done, () => {
        if (bytes.length === 0) return done(null, undefined);
        if (bytes.length < longBody) return read(bytes as Buffer, done);
        turnForLongWork(request.admitted.tenant).then(() => read(bytes as Buffer, done));
      }),
  );
}

function read(bytes: Buffer, done: (error: Error | null, body?: unknown) => void): void {
  try {
    const body: unknown = JSON.parse(utf8.decode(bytes));
    assertJsonShape(body);
    done(null, body);
  } catch (error) {
    done(error instanceof ScimError ? error : invalidSyntax('The body is not JSON in UTF-8.'));
  }
}
