import { createHash } from 'node:crypto';
import type { Runtime } from '@claras/ports/runtime';
import type { Config } from '@claras/service-kit/config';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import * as openid from 'openid-client';
import { verifiedLife } from './sign-in.ts';

/** How long someone may take at the identity provider. */
export const roundTripLife = 10 * 60_000;

export interface OpenIdConnectSettings {
  /** Where the provider describes itself (OpenID Connect Discovery 1.0). */
  issuer: string;
  clientId: string;
  clientSecret: string;
}

/** What a browser left for, and what must come back with it. */
interface RoundTrip {
  tenant: string;
  state: string;
  nonce: string;
  verifier: string;
  redirect: string;
  /** The session that shows who it is; absent: a new one. */
  session?: string;
}

export interface Returned {
  tenant: string;
  email: string;
  session?: string;
}

/** What came back from the identity provider does not fit what was asked. */
export class OpenIdRefusal extends Error {
  override name = 'OpenIdRefusal';
}

const encryption = { alg: 'dir', enc: 'A256GCM' } as const;

/**
 * Sign-in at an identity provider: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, 3.1). What must come back travels
 * in the browser, encrypted (RFC 7516): whoever only leaves, and anybody may, writes nothing here.
 */
export function openIdConnect({ issuer, clientId, clientSecret, runtime }: OpenIdConnectSettings & { runtime: Runtime }) {
  // Every process has the same. The provider made the secret, of as much chance as a key needs.
  const key = createHash('sha256').update(`round trip ${clientSecret}`).digest();
  let found: Promise<openid.Configuration> | undefined;

  /** Asked for when it is first needed, and again after a failure: the provider may come up after the console. */
  function configuration(): Promise<openid.Configuration> {
    const isLocal = /^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(issuer);
    const options = isLocal ? { execute: [openid.allowInsecureRequests] } : {};
    found ??= openid.discovery(new URL(issuer), clientId, clientSecret, undefined, options).catch((error: unknown) => {
      found = undefined;
      throw Object.assign(new Error('the identity provider does not answer', { cause: error }), { retryable: true });
    });
    return found;
  }

  const seal = (trip: RoundTrip): Promise<string> =>
    new EncryptJWT({ ...trip })
      .setProtectedHeader(encryption)
      .setExpirationTime(new Date(runtime.now() + roundTripLife))
      .encrypt(key);

  async function unseal(sealed: string): Promise<RoundTrip> {
    try {
      return (await jwtDecrypt<RoundTrip>(sealed, key, { currentDate: new Date(runtime.now()) })).payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new OpenIdRefusal('it took too long, or did not leave from here', { cause: error });
      throw error;
    }
  }

  /** Where to send the browser, and what it must bring back. `session`: it is signed in, and shows who it is. */
  async function leave(tenant: string, redirect: string, session?: string): Promise<{ url: string; sealed: string }> {
    const config = await configuration();
    const [state, nonce, verifier] = [openid.randomState(), openid.randomNonce(), openid.randomPKCECodeVerifier()];
    const sealed = await seal({ tenant, state, nonce, verifier, redirect, ...(session === undefined ? {} : { session }) });
    const url = openid.buildAuthorizationUrl(config, {
      ...{ redirect_uri: redirect, scope: 'openid email', state, nonce },
      ...{ code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
      ...(session === undefined ? {} : { prompt: 'login', max_age: '0' }),
    });
    return { url: url.href, sealed };
  }

  /** Who came back: once, since the provider takes a code once. `query`: of the URL that it sent the browser to. Throws {@link OpenIdRefusal}. */
  async function arrive(sealed: string, query: string): Promise<Returned> {
    const { tenant, state, nonce, verifier, redirect, session } = await unseal(sealed);
    const url = new URL(redirect);
    url.search = query;
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
    const tokens = await openid
      .authorizationCodeGrant(await configuration(), url, { ...checks, ...(session === undefined ? {} : { maxAge: verifiedLife / 1000 }) })
      .catch((error: unknown) => {
        throw new OpenIdRefusal('the identity provider’s answer does not fit', { cause: error });
      });
    const claims = tokens.claims();
    if (typeof claims?.email !== 'string' || claims.email_verified !== true) throw new OpenIdRefusal('it names no verified e-mail address');
    return { tenant, email: claims.email, ...(session === undefined ? {} : { session }) };
  }

  return { leave, arrive };
}
export type OpenIdConnect = ReturnType<typeof openIdConnect>;

/** As configured; undefined where no identity provider is. */
export function openIdFrom({ oidcIssuer, oidcClientId, oidcClientSecret }: Partial<Config>, runtime: Runtime): OpenIdConnect | undefined {
  if (!oidcIssuer || !oidcClientId || !oidcClientSecret) return undefined;
  return openIdConnect({ issuer: oidcIssuer, clientId: oidcClientId, clientSecret: oidcClientSecret, runtime });
}
