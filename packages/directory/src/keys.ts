import { randomBytes } from 'node:crypto';
import { type ApiScope, apiKeyEntropy, apiKeyId, newApiKey } from '@claras/domain/api-key';
import { credentialOf, type Federation, isFederated } from '@claras/domain/federation';
import { indexPages } from '@claras/ports/store/index-pages';
import type { Entry } from '@claras/ports/store/store';
import { accessTokens, type Credential, tokenLife } from './access-token.ts';
import { type Actor, audit, type Deed, system } from './audit.ts';
import { DirectoryError } from './directory-error.ts';
import { type KeyHash, keyHashes, type Peppers } from './key-hash.ts';
import { providers } from './providers.ts';
import { globalScope, tenantScope } from './scopes.ts';
import { isErased, type StoredTenant, tenantKey } from './tenants.ts';
import { type Durable, transact } from './transact.ts';

/** An API key as it may be shown: never its value, of which only a keyed hash is kept. */
export interface ApiKey {
  id: string;
  tenant: string;
  name: string;
  scopes: readonly ApiScope[];
  /** First characters of the value, to tell keys apart. */
  starts: string;
  /** ISO 8601, UTC. */
  created: string;
  expires?: string;
  revoked?: string;
  /** When it last opened a door, to the minute. */
  lastUsed?: string;
  /** When it last opened the SCIM edge, to the minute. */
  lastScim?: string;
  /** It opens, and its hash is not known to be of the first pepper: it opened no door since that is the first. */
  formerPepper?: true;
}
type StoredKey = Omit<ApiKey, 'formerPepper'> & KeyHash;

/** `id`: of the key, or of a trust in Entra as `credentialOf` writes it. */
export type Verified =
  | { ok: true; id: string; tenant: string; scopes: readonly ApiScope[] }
  | { ok: false; reason: 'malformed' | 'unknown' | 'expired' | 'revoked' | 'token-expired' | 'trust-ended' };

/** An access token, and for how many seconds. */
export interface GivenToken {
  token: string;
  seconds: number;
}

const keysIndex = 'keys';
const keyKey = (id: string) => `key:${id}`;
/** Apart from the key, so that noting a use never stands in the way of a revocation. */
const useKey = (id: string) => `key-use:${id}`;
type Use = Pick<ApiKey, 'lastUsed' | 'lastScim'>;
/** A use is written at most once in this time for each key, process and door; a hash likewise. */
const useEvery = 60_000;
const mostNoted = 10_000;
const pageSize = 1000;

/** Takes away every key of a tenant, as if there had been none. */
export async function removeKeys(durable: Durable, tenant: string): Promise<void> {
  for await (const ids of indexPages(durable.store, tenantScope(tenant), keysIndex, pageSize)) {
    const remove = [...ids.map(keyKey), ...ids.map(useKey)];
    await transact(durable, globalScope, async () => ({ change: { remove }, result: () => undefined }));
  }
}

export function keys(durable: Durable & { peppers: Peppers }) {
  const { store, runtime, peppers } = durable;
  const trail = audit(durable);
  const tokens = accessTokens(peppers);
  const hashes = keyHashes(peppers);
  const { trusted } = providers(durable);
  const noted = new Map<string, number>();

  /** The only time that `value` is known. */
  async function create(key: {
    tenant: string;
    name: string;
    scopes: readonly ApiScope[];
    expires?: string;
    by?: Actor;
  }): Promise<{ key: ApiKey; value: string }> {
    const { tenant, name, scopes, expires, by = system } = key;
    if (scopes.length === 0) throw new DirectoryError('invalid', 'Choose at least one scope: scim.full or rest.full.');
    const { id, value } = newApiKey(scopes, randomBytes(apiKeyEntropy));
    const created: ApiKey = {
      id,
      tenant,
      name,
      scopes: [...scopes],
      starts: value.slice(0, 16),
      created: new Date(runtime.now()).toISOString(),
      ...(expires ? { expires } : {}),
    };
    // The tenant's list first: a key that opens a door is always on a list from which it can be revoked.
    const deed: Deed = {
      by,
      action: 'key.created',
      subject: `Keys/${id}`,
      details: { name, scopes: created.scopes, ...(expires ? { expires } : {}) },
    };
    await transact(durable, tenantScope(tenant), async (time) => ({
      change: await trail.tell(tenant, time, { index: { [keysIndex]: { add: [id] } } }, deed),
      result: () => undefined,
    }));
    const record: StoredKey = { ...created, ...hashes.of(value) };
    await transact(durable, globalScope, async () => {
      // So that none comes behind the erasing of its tenant.
      const [owner] = await store.read<StoredTenant>(globalScope, [tenantKey(tenant)]);
      if (owner && isErased(owner.value)) throw new DirectoryError('not-found', 'There is no such tenant.');
      const expect = { [keyKey(id)]: 0, [tenantKey(tenant)]: owner?.version ?? 0 };
      return { change: { expect, put: { [keyKey(id)]: record } }, result: () => undefined };
    });
    return { key: created, value };
  }

  async function list(tenant: string): Promise<ApiKey[]> {
    const found: ApiKey[] = [];
    for await (const members of indexPages(store, tenantScope(tenant), keysIndex, pageSize)) {
      const entries = await store.read<StoredKey | Use>(globalScope, [...members.map(keyKey), ...members.map(useKey)]);
      for (const n of members.keys()) {
        const [key, use] = [entries[n] as Entry<StoredKey> | undefined, entries[members.length + n]];
        if (key) found.push({ ...shown(key.value), ...use?.value, ...(needsFormer(key.value) ? { formerPepper: true } : {}) });
      }
    }
    return found;
  }

  const needsFormer = (key: StoredKey): boolean => opened(key).ok && !hashes.isCurrent(key);

  async function revoke(tenant: string, id: string, by: Actor = system): Promise<ApiKey> {
    const key = (await list(tenant)).find((one) => one.id === id);
    if (key && !key.revoked)
      await trail.tellFirst(tenant, { by, action: 'key.revoked', subject: `Keys/${id}`, details: { name: key.name } });
    return edit(tenant, id, (found, time) => (found.revoked ? undefined : { ...found, revoked: new Date(time).toISOString() }));
  }

  /** `change` gives the key as it shall be; undefined: as it is. */
  const edit = (tenant: string, id: string, change: (key: StoredKey, time: number) => StoredKey | undefined): Promise<ApiKey> =>
    transact(durable, globalScope, async (time) => {
      const entry = await find(tenant, id);
      const after = change(entry.value, time);
      if (!after) return { result: () => shown(entry.value) };
      return { change: { expect: { [keyKey(id)]: entry.version }, put: { [keyKey(id)]: after } }, result: () => shown(after) };
    });

  async function find(tenant: string, id: string): Promise<Entry<StoredKey>> {
    const [entry] = await store.read<StoredKey>(globalScope, [keyKey(id)]);
    if (entry?.value.tenant !== tenant)
      throw new DirectoryError('not-found', 'There is no such key; list the tenant’s keys to see their ids.');
    return entry;
  }

  /**
   * A new key with the name and scopes of this one, which goes on to open for `overlap` milliseconds, so that nothing stops while the other
   * side is told; 0 ends it at once.
   */
  async function rotate(tenant: string, id: string, { overlap, expires, by = system }: { overlap: number; expires?: string; by?: Actor }) {
    const { name, scopes, revoked } = (await find(tenant, id)).value;
    if (revoked) throw new DirectoryError('conflict', 'This key was revoked. Make a new one.');
    const made = await create({ tenant, name, scopes, by, ...(expires ? { expires } : {}) });
    if (overlap === 0) await revoke(tenant, id, by);
    else await endAt(tenant, id, runtime.now() + overlap);
    return made;
  }

  const endAt = (tenant: string, id: string, end: number): Promise<ApiKey> =>
    edit(tenant, id, (key) => {
      const endsBefore = key.expires !== undefined && Date.parse(key.expires) <= end;
      return endsBefore ? undefined : { ...key, expires: new Date(end).toISOString() };
    });

  /** Notes that a key opened a door. */
  function used(id: string, door: 'scim' | 'rest'): void {
    quietly(`${door} ${id}`, (time) =>
      transact(durable, globalScope, async () => {
        const [entry] = await store.read<Use>(globalScope, [useKey(id)]);
        const use: Use = { ...entry?.value, lastUsed: time, ...(door === 'scim' ? { lastScim: time } : {}) };
        return { change: { expect: { [useKey(id)]: entry?.version ?? 0 }, put: { [useKey(id)]: use } }, result: () => undefined };
      }),
    );
  }

  /** So that a former pepper may go. */
  function hashAnew({ id, tenant }: StoredKey, value: string): void {
    quietly(`hash ${id}`, () => edit(tenant, id, (key) => ({ ...key, ...hashes.of(value) })));
  }

  /** Nobody waits for it: what could not be written is written by the next use. */
  function quietly(note: string, write: (time: string) => Promise<unknown>): void {
    const now = runtime.now();
    if (now - (noted.get(note) ?? -useEvery) < useEvery) return;
    if (noted.size >= mostNoted) noted.clear();
    noted.set(note, now);
    write(new Date(now).toISOString()).catch(() => noted.delete(note));
  }

  /** When the tenant's identity provider last came into the SCIM edge, by a key or by the trust, to the minute. */
  async function lastRequest(tenant: string): Promise<string | undefined> {
    const [made, trust] = await Promise.all([list(tenant), trusted(tenant)]);
    const [use] = trust ? await store.read<Use>(globalScope, [useKey(credentialOf(trust))]) : [];
    const times = [...made, ...(use ? [use.value] : [])].flatMap(({ lastScim }) => lastScim ?? []);
    return times.sort().at(-1);
  }

  /** Whose it is and what it opens, of a key or of an access token. */
  const verify = (value: string): Promise<Verified> => (value.includes('.') ? verifyToken(value) : verifyKey(value));

  async function verifyKey(value: string): Promise<Verified> {
    const id = apiKeyId(value);
    if (!id) return { ok: false, reason: 'malformed' };
    const [entry] = await store.read<StoredKey>(globalScope, [keyKey(id)]);
    if (!hashes.isOf(entry?.value, value) || !entry) return { ok: false, reason: 'unknown' };
    if (needsFormer(entry.value)) hashAnew(entry.value, value);
    return opened(entry.value);
  }

  async function verifyToken(value: string): Promise<Verified> {
    const of = await tokens.read(value, runtime.now());
    if (typeof of === 'string') return { ok: false, reason: of };
    if (isFederated(of.id)) return verifyTrust(of);
    const [entry] = await store.read<StoredKey>(globalScope, [keyKey(of.id)]);
    if (entry?.value.tenant !== of.tenant) return { ok: false, reason: 'unknown' };
    const verified = opened(entry.value);
    return verified.ok ? { ...verified, scopes: verified.scopes.filter((scope) => scope === 'scim.full') } : verified;
  }

  async function verifyTrust({ id, tenant }: Credential): Promise<Verified> {
    const trust = await trusted(tenant);
    return trust && credentialOf(trust) === id ? { ok: true, id, tenant, scopes: ['scim.full'] } : { ok: false, reason: 'trust-ended' };
  }

  function opened({ id, tenant, scopes, expires, revoked }: StoredKey): Verified {
    if (revoked) return { ok: false, reason: 'revoked' };
    if (expires && Date.parse(expires) <= runtime.now()) return { ok: false, reason: 'expired' };
    return { ok: true, id, tenant, scopes };
  }

  /**
   * An access token for a tenant and one of its keys (RFC 6749, 4.4). Undefined where the key is none of the tenant's, or does not
   * open SCIM.
   */
  async function exchange(tenant: string, value: string): Promise<GivenToken | undefined> {
    const verified = await verifyKey(value);
    if (!verified.ok || verified.tenant !== tenant || !verified.scopes.includes('scim.full')) return undefined;
    return give(verified);
  }

  /** An access token for the workload that a tenant trusts, who has proven that it is that one (RFC 7523). */
  const exchangeTrust = (tenant: string, trust: Federation): Promise<GivenToken> => give({ id: credentialOf(trust), tenant });

  const give = async (credential: Credential): Promise<GivenToken> => ({
    token: await tokens.give(credential, runtime.now()),
    seconds: tokenLife,
  });

  return { create, list, revoke, rotate, used, lastRequest, verify, exchange, exchangeTrust };
}
export type Keys = ReturnType<typeof keys>;

const shown = ({ hmac: _, pepper: __, ...key }: StoredKey): ApiKey => key;
