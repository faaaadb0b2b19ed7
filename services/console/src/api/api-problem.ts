import type { Problem, VersionedMapping } from '@claras/contracts/console-api';
import { DirectoryError } from '@claras/directory/directory-error';
import { TeamRefusal } from '@claras/ports/core-app/core-app';
import { isRetryable } from '@claras/service-kit/retryable';
import type { FastifyError } from 'fastify';

const problems = {
  invalid: { status: 400, title: 'The request does not fit' },
  unauthorized: { status: 401, title: 'Not signed in' },
  forbidden: { status: 403, title: 'Not allowed' },
  'verification-needed': { status: 403, title: 'Show that it is you' },
  'not-found': { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'Something else stands in the way' },
  'last-owner': { status: 409, title: 'The last owner stays' },
  'email-taken': { status: 409, title: 'The e-mail address is taken' },
  'current-role': { status: 403, title: 'Not allowed' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-type': { status: 415, title: 'The body is not JSON' },
  internal: { status: 500, title: 'Something went wrong here' },
  unavailable: { status: 503, title: 'Not available for the moment' },
} as const;
type Code = keyof typeof problems;

/** An error as the REST API says it. `detail`: for whoever sent the request, with the next step; no secrets, no personal data. */
export class ApiProblem extends Error {
  override name = 'ApiProblem';
  readonly code: Code;
  readonly current: VersionedMapping | undefined;
  constructor(code: Code, detail: string, current?: VersionedMapping) {
    super(detail);
    this.code = code;
    this.current = current;
  }

  get status(): number {
    return problems[this.code].status;
  }

  /** The body of the answer (RFC 9457, 3.1). */
  toBody(): Problem {
    const { status, title } = problems[this.code];
    const body = { type: `urn:claras:problem:${this.code}`, title, status, detail: this.message };
    return this.current ? { ...body, current: this.current } : body;
  }
}

export const personOnly = 'An API key cannot do this. An owner of the team does it, signed in to the console, or the operator.';

/** In our own words: what the core app says about a person does not belong in an error. */
const refusals = {
  'not-found': 'There is no such profile. List the team to see the ids of its profiles.',
  'last-owner': 'This is the last active owner. Make someone else an owner first.',
  'current-role': personOnly,
  'email-taken': 'A profile of this team has this e-mail address already. Use that one, or another address.',
} as const;

const longestDetail = 500;

function ofFastify({ code, statusCode, message, validation }: FastifyError): ApiProblem {
  if (validation) return new ApiProblem('invalid', `Correct this and send it again: ${message.slice(0, longestDetail)}.`);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new ApiProblem('too-large', 'Send less in one request.');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new ApiProblem('unsupported-type', 'Send the body as application/json.');
  if (code === 'FST_ERR_MAX_PARAM_LENGTH') return new ApiProblem('not-found', 'Nothing here has an id as long as this one.');
  if (code === 'FST_ERR_BAD_URL')
    return new ApiProblem('invalid', 'The address is malformed. Write what is no letter or digit in it as %XX, in UTF-8.');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new ApiProblem('invalid', 'The request is malformed. Send a JSON body, with content-type application/json.');
  return new ApiProblem('internal', 'The request may be sent again. If it goes on, look into the log of the console.');
}

/** The one place where errors become what the API says. */
export function asApiProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof DirectoryError) return new ApiProblem(error.code, error.message);
  if (error instanceof TeamRefusal) return new ApiProblem(error.code, refusals[error.code]);
  if (isRetryable(error)) return new ApiProblem('unavailable', 'A part of Claras does not answer (see /health). Send the request again.');
  return ofFastify(error as FastifyError);
}
