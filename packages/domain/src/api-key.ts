import { crc32 } from 'node:zlib';

/** What a key opens: the SCIM edge, the REST API (help page, step 2). */
export const apiScopes = ['scim.full', 'rest.full'] as const;
export type ApiScope = (typeof apiScopes)[number];
export const isApiScope = (value: unknown): value is ApiScope => apiScopes.includes(value as ApiScope);

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idLength = 11;
const secretLength = 43; // 43 × log2(62) = 256 bits
const checkLength = 6;
const shape = /^claras_(?:scim|rest|full)_[0-9A-Za-z]{11}_[0-9A-Za-z]{49}$/;

/** Bytes of chance that {@link newApiKey} may use up. */
export const apiKeyEntropy = 128;

function inBase62(value: number, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / 62)) text = digits[rest % 62] + text;
  return text;
}

const check = (text: string): string => inBase62(crc32(text), checkLength);

/**
 * A key's value: `claras_scim_<id>_<secret><check>`. The check digits (CRC-32 of all before them) let a secret scanner, and the edge, tell a
 * key from a look-alike without asking a store. `random`: {@link apiKeyEntropy} bytes; those over 247 are passed over, so that each digit is
 * as likely as any other.
 */
export function newApiKey(scopes: readonly ApiScope[], random: Uint8Array): { id: string; value: string } {
  let chosen = '';
  for (const byte of random) if (byte < 248) chosen += digits[byte % 62];
  if (chosen.length < idLength + secretLength) throw new RangeError('not enough random bytes for a key');
  const id = chosen.slice(0, idLength);
  const kind = scopes.length > 1 ? 'full' : scopes[0] === 'rest.full' ? 'rest' : 'scim';
  const open = `claras_${kind}_${id}_${chosen.slice(idLength, idLength + secretLength)}`;
  return { id, value: open + check(open) };
}

/** The id in a well-formed key with right check digits; undefined for anything else. */
export function apiKeyId(value: string): string | undefined {
  if (value.length !== 73 || !shape.test(value)) return undefined;
  return check(value.slice(0, -checkLength)) === value.slice(-checkLength) ? value.slice(12, 12 + idLength) : undefined;
}
