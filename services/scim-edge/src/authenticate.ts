import type { Keys } from '@claras/directory/keys';
import type { Providers } from '@claras/directory/providers';
import type { SchemaExtensions } from '@claras/directory/schema-extensions';
import type { Runtime } from '@claras/ports/runtime';
import { resourceTypesWith } from '@claras/scim/schema-extension';
import { forbidden, type ScimError, unauthorized } from '@claras/scim/scim-error';
import type { Caller } from './refused-writes.ts';
import type { Admitted } from './scim-resources.ts';

/** How long an answer may be used again: a revoked key, or SCIM switched off, is in force within a second on every edge process. */
const fresh = 500;
const mostRemembered = 10_000;

/** `caller`: where the key is known, and what it asks for is refused all the same. */
export type Answer = Admitted | { refused: ScimError; caller?: Caller };

const noKey = () =>
  unauthorized('Send the API key as a bearer token: Authorization: Bearer <key>. Keys are made in Claras under Settings > API.');
const refusals = {
  malformed: () => unauthorized('This is not an API key of Claras. Paste the key as it was shown, with nothing before it.'),
  unknown: () => unauthorized('This API key is not known. Make a new one in Claras under Settings > API.'),
  expired: () => unauthorized('This API key has expired. Make a new one in Claras under Settings > API.'),
  revoked: () => unauthorized('This API key was revoked. Make a new one in Claras under Settings > API.'),
  'trust-ended': () =>
    unauthorized(
      'The trust that this access token was given for has ended. Look at the provider under Edit > Advanced on the SSO page in Claras.',
    ),
  'token-expired': () => unauthorized('This access token has expired. Ask the token endpoint for a new one.'),
};
const wrongScope = () => forbidden('This API key does not open SCIM. Make one with the scope scim.full in Claras under Settings > API.');
const scimOff = () => forbidden('SCIM is off. Turn on Enable SCIM for your provider on the SSO page in Claras, then try again.');

export interface AuthenticateParts {
  keys: Keys;
  providers: Providers;
  schemaExtensions: SchemaExtensions;
  runtime: Runtime;
}

/**
 * The tenant of a request, from its key alone (M14), while SCIM is on for it (M1): else refused with 401 or 403. At once where the header's
 * answer is remembered.
 */
export function authenticate({ keys, providers, schemaExtensions, runtime }: AuthenticateParts) {
  // Apart, so that no flood of unknown keys drives out the known.
  const known = answersByHeader();
  const unknown = answersByHeader();

  async function ask(value: string): Promise<Answer> {
    const verified = await keys.verify(value);
    if (!verified.ok) return { refused: refusals[verified.reason]() };
    const caller = { tenant: verified.tenant, key: verified.id };
    if (!verified.scopes.includes('scim.full')) return { refused: wrongScope(), caller };
    const { tenant } = caller;
    const [provider, extensions] = await Promise.all([providers.withScim(tenant), schemaExtensions.list(tenant)]);
    if (!provider) return { refused: scimOff(), caller };
    keys.used(verified.id, 'scim');
    return { ...caller, types: resourceTypesWith(extensions), additiveMembers: provider.additiveMembers ?? false };
  }

  async function askAndRemember(header: string): Promise<Answer> {
    const until = runtime.now() + fresh;
    const value = bearerToken(header);
    if (!value) return { refused: noKey() };
    const answer = await ask(value);
    if (!callerOf(answer)) known.delete(header);
    remember(callerOf(answer) ? known : unknown, header, { until, answer });
    return answer;
  }

  function atHand(header: string): Answer | undefined {
    const last = known.get(header) ?? unknown.get(header);
    return last && last.until > runtime.now() ? last.answer : undefined;
  }

  return {
    atHand,
    admit: (header: string): Answer | Promise<Answer> => atHand(header) ?? askAndRemember(header),
    /** Whose key it was when that was last asked. */
    lastCaller: (header: string): Caller | undefined => callerOf(known.get(header)?.answer),
  };
}

interface Remembered {
  until: number;
  answer: Answer;
}
const answersByHeader = () => new Map<string, Remembered>();

function remember(answers: Map<string, Remembered>, header: string, answer: Remembered): void {
  if (answers.size >= mostRemembered) answers.clear();
  answers.set(header, answer);
}

const callerOf = (answer: Answer | undefined): Caller | undefined => (answer && 'refused' in answer ? answer.caller : answer);

/** The token of `Bearer <token>` (RFC 6750, 2.1); the scheme in any case, and twice where an admin pasted it before the key. */
const bearerToken = (header: string): string | undefined => /^(?:bearer +){1,2}([^\s]{1,512})$/i.exec(header)?.[1];
