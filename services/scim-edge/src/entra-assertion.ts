import { type Federation, isOfTrusted, issuerOf } from '@claras/domain/federation';
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';

const entra = 'https://login.microsoftonline.com';
const algorithms = ['RS256', 'PS256', 'ES256'];
/** Seconds that Entra's clock and ours may differ. */
const clockTolerance = 60;
/** Milliseconds. A key that is not among the kept ones is asked for at once; one that Entra took back is forgotten after this. */
const kept = 12 * 3_600_000;
const mostTenants = 1000;

/** Entra's signing keys can't be had for the moment. */
export class EntraKeysUnavailable extends Error {
  override name = 'EntraKeysUnavailable';
}

/** The signing keys of a customer's Entra tenant, a UUID. */
export type EntraKeys = (entraTenant: string) => JWTVerifyGetKey;

/** The set was there, and the assertion names none of its keys, or one that does not fit. */
const namesNoKey = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys || error instanceof errors.JOSENotSupported;

/** `from`: what stands in Entra's place in a test. */
export function entraKeys(from = entra): EntraKeys {
  const known = new Map<string, JWTVerifyGetKey>();
  function open(entraTenant: string): JWTVerifyGetKey {
    const set = createRemoteJWKSet(new URL(`${from}/${entraTenant}/discovery/v2.0/keys`), { cacheMaxAge: kept });
    return (header, token) =>
      set(header, token).catch((error: unknown) => {
        if (namesNoKey(error)) throw error;
        throw new EntraKeysUnavailable('Entra’s signing keys can’t be fetched', { cause: error });
      });
  }
  return (entraTenant) => {
    const before = known.get(entraTenant);
    if (before) return before;
    const keys = open(entraTenant);
    if (known.size >= mostTenants) known.clear();
    known.set(entraTenant, keys);
    return keys;
  };
}

/**
 * Whether Entra itself says, for now, that the workload which is trusted asks (RFC 7523, 3). `now`: milliseconds since 1970. Throws
 * EntraKeysUnavailable where that can't be known.
 */
export async function isProven(assertion: string, trust: Federation, keysOf: EntraKeys, now: number): Promise<boolean> {
  try {
    const { payload } = await jwtVerify(assertion, keysOf(trust.entraTenant), {
      algorithms,
      issuer: issuerOf(trust),
      audience: trust.audience,
      requiredClaims: ['exp'],
      clockTolerance,
      currentDate: new Date(now),
    });
    return isOfTrusted(payload, trust);
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
