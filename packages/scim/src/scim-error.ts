/** RFC 7644, table 9. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'invalidVers'
  | 'sensitive'
  // RFC 9865, 2.1
  | 'invalidCursor'
  | 'expiredCursor';

const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** A refusal as the caller sees it (RFC 7644, 3.12). `message` says what to do, and never repeats a value that was sent. */
export class ScimError extends Error {
  override name = 'ScimError';
  readonly retryable = false;
  readonly status: number;
  readonly scimType: ScimType | undefined;

  constructor(status: number, detail: string, scimType?: ScimType) {
    super(detail);
    this.status = status;
    this.scimType = scimType;
  }

  /** `status` is a string there. */
  toBody(): { schemas: string[]; status: string; scimType?: ScimType; detail: string } {
    return {
      schemas: [errorSchema],
      status: String(this.status),
      ...(this.scimType ? { scimType: this.scimType } : {}),
      detail: this.message,
    };
  }
}

const badRequest = (scimType: ScimType) => (detail: string) => new ScimError(400, detail, scimType);

export const invalidFilter = badRequest('invalidFilter');
export const tooMany = badRequest('tooMany');
export const mutability = badRequest('mutability');
export const invalidSyntax = badRequest('invalidSyntax');
export const invalidPath = badRequest('invalidPath');
export const invalidValue = badRequest('invalidValue');
export const noTarget = badRequest('noTarget');
export const uniqueness = (detail: string) => new ScimError(409, detail, 'uniqueness');
export const unauthorized = (detail: string) => new ScimError(401, detail);
export const forbidden = (detail: string) => new ScimError(403, detail);
export const notFound = (detail: string) => new ScimError(404, detail);
export const methodNotAllowed = (detail: string) => new ScimError(405, detail);
export const notImplemented = (detail: string) => new ScimError(501, detail);
export const preconditionFailed = (detail: string) => new ScimError(412, detail);
export const payloadTooLarge = (detail: string) => new ScimError(413, detail);
export const tooManyRequests = (detail: string) => new ScimError(429, detail);
export const unavailable = (detail: string) => new ScimError(503, detail);
