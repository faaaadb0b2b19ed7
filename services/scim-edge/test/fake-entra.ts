import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** What an assertion is signed with. */
export interface Signing {
  alg: string;
  kid: string;
  privateKey: CryptoKey | Uint8Array;
}

async function signingKey(alg: string): Promise<Signing & { jwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const kid = randomUUID();
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } };
}

/** Entra's keys on loopback, with what Entra would sign: its claims as Microsoft's page on SCIM and workload identity has them. */
export async function fakeEntra() {
  const entraTenant = randomUUID();
  let published: JWK[] = [];
  let broken = false;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (broken) return void response.writeHead(500).end();
    if (request.url !== `/${entraTenant}/discovery/v2.0/keys`) return void response.writeHead(400).end('{}');
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const application = randomUUID();
  const objectId = randomUUID();
  const claims = {
    iss: `https://login.microsoftonline.com/${entraTenant}/v2.0`,
    aud: `api://${application}`,
    appid: application,
    oid: objectId,
    sub: randomUUID(),
    tid: entraTenant,
    ver: '2.0',
  };

  /** Publishes a new key beside the others, or in their place. */
  async function rollOver(alg = 'RS256', { beside = false } = {}): Promise<Signing> {
    const { jwk, ...key } = await signingKey(alg);
    published = beside ? [...published, jwk] : [jwk];
    return key;
  }
  let current = await rollOver();

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    entraTenant,
    application,
    objectId,
    claims,
    asked,
    unpublished: signingKey,
    async rollOver(alg?: string, how?: { beside?: boolean }) {
      current = await rollOver(alg, how);
      return current;
    },
    setBroken(is: boolean): void {
      broken = is;
    },
    /** An assertion; a claim that is undefined is left out. `now`: milliseconds since 1970. */
    sign(now: number, changed: Record<string, unknown> = {}, { alg, kid, privateKey }: Signing = current): Promise<string> {
      const seconds = Math.floor(now / 1000);
      const times = { iat: seconds, nbf: seconds, exp: seconds + 3900 };
      return new SignJWT({ ...claims, ...times, ...changed }).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(privateKey);
    },
    close: () => new Promise<void>((closed) => void server.close(() => closed())),
  };
}
