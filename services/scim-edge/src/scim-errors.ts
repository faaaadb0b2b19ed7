import { StoreUnavailable } from '@claras/ports/store/store';
import { invalidSyntax, notFound, payloadTooLarge, ScimError, unavailable } from '@claras/scim/scim-error';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export const scimType = 'application/scim+json; charset=utf-8';

/** Seconds after which a client may ask again when the store does not answer, or too much is asked at once. Entra retries. */
export const retryAfter = '5';

const unsupportedType = () => new ScimError(415, 'Send the body as application/scim+json or application/json.');
const internal = () =>
  new ScimError(500, 'Something went wrong here. The request may be sent again; if it goes on, give support its time.');

/** The one place where errors become SCIM bodies (RFC 7644, 3.12). */
export function asScimError(error: unknown): ScimError {
  if (error instanceof ScimError) return error;
  if (error instanceof StoreUnavailable)
    return unavailable('The directory can’t be reached for the moment. Nothing was lost; send the request again.');
  switch ((error as FastifyError).code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return payloadTooLarge('The body is larger than 1 MiB. Send fewer members or attributes in one request.');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return unsupportedType();
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return notFound('Nothing here has an id as long as this one.');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_BAD_URL':
      return invalidSyntax('The request is malformed.');
    default:
      return internal();
  }
}

export function sendScimError(reply: FastifyReply, answer: ScimError): FastifyReply {
  if (answer.status === 401) reply.header('www-authenticate', 'Bearer realm="scim"');
  if (answer.status === 503 || answer.status === 429) reply.header('retry-after', retryAfter);
  return reply.code(answer.status).header('content-type', scimType).send(JSON.stringify(answer.toBody()));
}

/** `failed` is told of what went wrong on this side, `refused` of what the caller has to mend. */
export function scimErrors(
  app: FastifyInstance,
  {
    failed,
    refused,
  }: { failed: (request: FastifyRequest, error: unknown) => void; refused: (request: FastifyRequest, answer: ScimError) => void },
): void {
  const send = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const answer = asScimError(error);
    if (answer.status >= 500) failed(request, error);
    else refused(request, answer);
    return sendScimError(reply, answer);
  };
  app.setErrorHandler(send);
  app.setNotFoundHandler((request, reply) =>
    send(notFound('There is no such endpoint. The Tenant URL ends in /api/scim/v2; resources are /Users and /Groups.'), request, reply),
  );
}
