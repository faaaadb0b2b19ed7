import { createHmac } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Peppers } from './key-hash.ts';

/** Seconds. Entra takes 60 minutes to 6 hours, and uses a token until it ends. */
export const tokenLife = 3600;

const algorithm = 'HS256';
const typ = 'at+jwt';
const audience = 'scim.full';

/** What a token was given for, and whose it is. */
export interface Credential {
  /** Of an API key, or of a trust in Entra as `credentialOf` writes it. */
  id: string;
  tenant: string;
}

/**
 * Access tokens (RFC 9068), signed with a secret made of the first of the deployment's peppers, and read with any. One stands for an API key
 * or a trust in Entra: it opens what that opens of SCIM, and no longer than that does, which whoever takes a token must ask for. Times in
 * milliseconds since 1970.
 */
export function accessTokens(peppers: Peppers) {
  const secrets = peppers.map((pepper) => createHmac('sha256', pepper).update('access token').digest());

  return {
    give: ({ id, tenant }: Credential, now: number): Promise<string> =>
      new SignJWT({ client_id: tenant, scope: audience })
        .setProtectedHeader({ alg: algorithm, typ })
        .setSubject(id)
        .setAudience(audience)
        .setIssuedAt(Math.floor(now / 1000))
        .setExpirationTime(Math.floor(now / 1000) + tokenLife)
        .sign(secrets[0] as Buffer),

    async read(token: string, now: number): Promise<Credential | 'malformed' | 'token-expired'> {
      for (const secret of secrets)
        try {
          const { payload } = await jwtVerify(token, secret, { algorithms: [algorithm], typ, audience, currentDate: new Date(now) });
          const { sub: id, client_id: tenant } = payload;
          return typeof id === 'string' && typeof tenant === 'string' ? { id, tenant } : 'malformed';
        } catch (error) {
          if (error instanceof errors.JWSSignatureVerificationFailed) continue;
          if (error instanceof errors.JWTExpired) return 'token-expired';
          if (error instanceof errors.JOSEError) return 'malformed';
          throw error;
        }
      return 'malformed';
    },
  };
}
