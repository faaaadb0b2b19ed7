import type { GivenToken } from '@claras/directory/keys';
import { providers } from '@claras/directory/providers';
import { isTenantId } from '@claras/domain/tenant';
import { StoreUnavailable } from '@claras/ports/store/store';
import { ScimError } from '@claras/scim/scim-error';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Enter } from './admission.ts';
import { leavePlace, takePlace, tokenLane } from './admit-requests.ts';
import { EntraKeysUnavailable, entraKeys, isProven } from './entra-assertion.ts';
import type { EdgeParts } from './scim-edge.ts';
import { retryAfter } from './scim-errors.ts';

/** Behind the Tenant URL. */
export const tokenPath = '/oauth2/token';

const formType = 'application/x-www-form-urlencoded';
const longestForm = 8192;
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** RFC 6749, 5.2. */
class OAuthError extends Error {
  override name = 'OAuthError';
  readonly status: number;
  readonly error: string;
  constructor(status: number, error: string, description: string) {
    super(description);
    this.status = status;
    this.error = error;
  }
}
const invalidRequest = (description: string) => new OAuthError(400, 'invalid_request', description);
const invalidClient = () =>
  new OAuthError(
    401,
    'invalid_client',
    'client_id is the id of the tenant; client_secret one of its API keys with the scope scim.full that is in force, or client_assertion of the application in Entra that it trusts.',
  );

/**
 * The token endpoint of OAuth 2.0 for client credentials (RFC 6749, 4.4), which Entra may use in place of a secret token (M30). The client is
 * the tenant, by its id; its secret is an API key, so that several may be valid at once, and one that is revoked takes its tokens with it.
 * In place of a secret it may send an assertion of its Entra (RFC 7523, 2.2), where it trusts that.
 */
export function tokenEndpoint({ keys, log, metrics, entraKeys: keysOf = entraKeys(), enter, ...durable }: EdgeParts & { enter: Enter }) {
  const { trusted } = providers(durable);

  async function exchangeAssertion(client: string, assertion: string): Promise<GivenToken | undefined> {
    const trust = isTenantId(client) ? await trusted(client) : undefined;
    if (!trust || !(await isProven(assertion, trust, keysOf, durable.runtime.now()))) return undefined;
    return keys.exchangeTrust(client, trust);
  }

  return async (app: FastifyInstance): Promise<void> => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(formType, { parseAs: 'string', bodyLimit: longestForm }, (_request, text, done) =>
      done(null, new URLSearchParams(text as string)),
    );
    app.setErrorHandler((error: Error, request, reply) => refuse(error, request, reply));

    // Till the end of this turn of the event loop, not till the answer: nobody's slow body stands in the way of the others.
    app.addHook('onRequest', (request, _reply, done) =>
      takePlace(enter, tokenLane, request, done, () => {
        leavePlace(request);
        done();
      }),
    );

    app.post('/', async (request, reply) => {
      const { client, ...proof } = credentialsOf(request);
      const given = await ('secret' in proof ? keys.exchange(client, proof.secret) : exchangeAssertion(client, proof.assertion));
      if (!given) throw invalidClient();
      metrics?.tokens.inc({ result: 'given' });
      return answered(reply).send({ access_token: given.token, token_type: 'Bearer', expires_in: given.seconds, scope: 'scim.full' });
    });
    app.route({
      method: ['GET', 'PUT', 'PATCH', 'DELETE'],
      url: '/',
      handler: async (_request, reply) => {
        reply.header('allow', 'POST');
        throw new OAuthError(405, 'invalid_request', 'A token is asked for by POST.');
      },
    });
  };

  function refuse(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const answer = asOAuthError(error);
    if (answer.status >= 500) log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'request failed');
    metrics?.tokens.inc({ result: answer.status >= 500 ? 'failed' : 'refused' });
    if (answer.status === 401) reply.header('www-authenticate', 'Basic realm="scim"');
    if (answer.status === 503 || answer.status === 429) reply.header('retry-after', retryAfter);
    return answered(reply).code(answer.status).send({ error: answer.error, error_description: answer.message });
  }
}

/** What is answered here is for the one who asked, now (RFC 6749, 5.1). */
const answered = (reply: FastifyReply): FastifyReply => reply.header('cache-control', 'no-store').header('pragma', 'no-cache');

function asOAuthError(error: Error): OAuthError {
  if (error instanceof OAuthError) return error;
  if (error instanceof StoreUnavailable)
    return new OAuthError(503, 'temporarily_unavailable', 'Keys can’t be looked up for the moment. Ask again.');
  if (error instanceof EntraKeysUnavailable)
    return new OAuthError(503, 'temporarily_unavailable', 'Entra’s signing keys can’t be fetched for the moment. Ask again.');
  if (error instanceof ScimError) return new OAuthError(error.status, 'temporarily_unavailable', error.message);
  const { statusCode } = error as FastifyError;
  if (statusCode === 413) return new OAuthError(413, 'invalid_request', 'The body is too large.');
  if (statusCode === 415) return new OAuthError(415, 'invalid_request', `Send the parameters as ${formType}.`);
  if (statusCode !== undefined && statusCode < 500) return invalidRequest('The request is malformed.');
  return new OAuthError(500, 'server_error', 'Something went wrong here. Ask again.');
}

type Credentials = { client: string } & ({ secret: string } | { assertion: string });

/** From the header (`Authorization: Basic`) or from the form, and not from both; in the form a secret or an assertion. */
function credentialsOf({ headers, body }: FastifyRequest): Credentials {
  const form = body instanceof URLSearchParams ? body : new URLSearchParams();
  if (new Set(form.keys()).size < [...form.keys()].length) throw invalidRequest('A parameter was sent twice.');
  const grant = form.get('grant_type');
  if (!grant) throw invalidRequest('grant_type is missing.');
  if (grant !== 'client_credentials') throw new OAuthError(400, 'unsupported_grant_type', 'grant_type is client_credentials.');
  const inHeader = basicOf(headers.authorization);
  const [client, secret] = [form.get('client_id') ?? undefined, form.get('client_secret') ?? undefined];
  const [type, assertion] = [form.get('client_assertion_type'), form.get('client_assertion')];
  const asserts = type !== null || assertion !== null;
  if (asserts && (inHeader || secret !== undefined)) throw invalidRequest('The client proves itself once: by a secret or by an assertion.');
  if (inHeader && (secret !== undefined || (client !== undefined && client !== inHeader.client)))
    throw invalidRequest('The client names itself once: in the header or in the form.');
  if (inHeader) return inHeader;
  if (client === undefined) throw invalidClient();
  if (asserts) {
    if (type !== assertionType || !assertion) throw invalidClient();
    return { client, assertion };
  }
  if (secret === undefined) throw invalidClient();
  return { client, secret };
}

/** Id and secret, each as a form writes it, with a colon between them, in base64 (RFC 6749, 2.3.1). */
function basicOf(header: string | undefined): { client: string; secret: string } | undefined {
  if (header === undefined) return undefined;
  const encoded = /^basic +([A-Za-z0-9+/=_-]{1,1000})$/i.exec(header)?.[1];
  const [client, secret, ...more] = encoded ? Buffer.from(encoded, 'base64').toString('utf8').split(':') : [];
  if (client === undefined || secret === undefined || more.length > 0) throw invalidClient();
  const decoded = (text: string) => new URLSearchParams(`text=${text}`).get('text') as string;
  return { client: decoded(client), secret: decoded(secret) };
}
