import { epochOf, startOf } from '@claras/contracts/sequence';
import type { AuditEntry } from '@claras/domain/audit-chain';
import { indexPages } from '@claras/ports/store/index-pages';
import { type Actor, audit, type Deed } from './audit.ts';
import { DirectoryError } from './directory-error.ts';
import { removeKeys } from './keys.ts';
import { providersIndex } from './providers.ts';
import { globalScope, tenantScope } from './scopes.ts';
import { type ErasedTenant, isErased, type StoredTenant, tenantKey, tenantsIndex } from './tenants.ts';
import { type Durable, transact } from './transact.ts';

const erasedIndex = 'tenants-erased';
const unfinishedIndex = 'tenants-erasing';
const action = 'tenant.erased';
const pageSize = 1000;

/** What the end of a tenant leaves of the audit log: its last entry. */
export type Erased = ErasedTenant & { entry?: AuditEntry };

/**
 * Erasing a tenant, for good. Every step is durable and may be repeated; what is said of a tenant stands in its own record, which loses the name
 * with the first step and is never removed.
 */
export function erasures(durable: Durable) {
  const { store } = durable;
  const trail = audit(durable);

  async function read(id: string): Promise<{ value: StoredTenant | undefined; version: number }> {
    const [entry] = await store.read<StoredTenant>(globalScope, [tenantKey(id)]);
    return { value: entry?.value, version: entry?.version ?? 0 };
  }

  /** Undefined where the tenant was not erased. */
  async function get(id: string): Promise<Erased | undefined> {
    const { value } = await read(id);
    if (!value || !isErased(value)) return undefined;
    const [entry] = await trail.list(id, { limit: 1 });
    return { ...value, ...(entry?.action === action ? { entry } : {}) };
  }

  /**
   * From here on there is no such tenant, and nobody gets its id. `name`: as the tenant's, so that no other one is erased by mistake. `waiting`:
   * whoever has something of it. Where it was begun before, nothing happens.
   */
  const begin = (id: string, { name, by, waiting }: { name: string; by: Actor; waiting: readonly string[] }): Promise<void> =>
    transact(durable, globalScope, async (time) => {
      const { value, version } = await read(id);
      if (!value) throw new DirectoryError('not-found', 'There is no such tenant. List the tenants to see their ids.');
      if (isErased(value)) return { result: () => undefined };
      if (value.name !== name)
        throw new DirectoryError('invalid', 'This is not the name of the tenant. Say it as the list of tenants does.');
      const erased: ErasedTenant = { id, created: value.created, erasure: { by, began: new Date(time).toISOString(), waiting } };
      const change = {
        expect: { [tenantKey(id)]: version },
        put: { [tenantKey(id)]: erased },
        index: { [tenantsIndex]: { remove: [id] }, [erasedIndex]: { add: [id] }, [unfinishedIndex]: { add: [id] } },
      };
      return { change, result: () => undefined };
    });

  /**
   * Takes the keys away and ends the directory: nothing is written to it any more. Its last event tells everyone, its last audit entry stays. Resolves
   * with the event's sequence.
   */
  async function endDirectory({ id, erasure: { by } }: ErasedTenant): Promise<number> {
    const scope = tenantScope(id);
    // None is made since this was begun, so their list is whole; it ends with the directory.
    await removeKeys(durable, id);
    return transact(durable, scope, async (time) => {
      const asOf = await trail.head(id);
      const [last] = await trail.list(id, { limit: 1 });
      const { sequence: told } = await store.range(scope, providersIndex, { limit: 0 });
      // In a history that was broken off since, somebody may have missed it.
      if (last?.action === action && told > startOf(epochOf(told))) return { result: () => told };
      const event = { type: action, subject: `Tenants/${id}`, time: new Date(time).toISOString(), data: {} };
      // Without providers SCIM is off, and no trust in Entra counts.
      const change = { end: true as const, drop: [providersIndex], events: [event] };
      const deed: Deed = { by, action, subject: 'Tenant', details: {} };
      return { change: await trail.tell(id, time, change, deed, asOf), result: ({ sequence }) => sequence };
    });
  }

  const edit = (id: string, change: (before: ErasedTenant['erasure'], time: number) => ErasedTenant['erasure'], unfinished: boolean) =>
    transact(durable, globalScope, async (time) => {
      const { value, version } = await read(id);
      if (!value || !isErased(value)) throw new DirectoryError('not-found', 'This tenant is not erased.');
      const put = { [tenantKey(id)]: { ...value, erasure: change(value.erasure, time) } satisfies ErasedTenant };
      const index = { [unfinishedIndex]: unfinished ? { add: [id] } : { remove: [id] } };
      return { change: { expect: { [tenantKey(id)]: version }, put, index }, result: () => undefined };
    });

  async function idsIn(index: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const page of indexPages(store, globalScope, index, pageSize)) ids.push(...page);
    return ids;
  }

  return {
    get,
    begin,
    endDirectory,
    /** Ids of all that were ever erased. */
    list: () => idsIn(erasedIndex),
    unfinished: () => idsIn(unfinishedIndex),
    /** How far it is. Done with when nobody is waited for. */
    note: (id: string, { sequence, waiting }: { sequence: number; waiting: readonly string[] }): Promise<void> =>
      edit(
        id,
        ({ finished: _, ...before }, time) => ({
          ...before,
          ...{ sequence, waiting },
          ...(waiting.length === 0 ? { finished: new Date(time).toISOString() } : {}),
        }),
        waiting.length > 0,
      ),
    /** From the start again: the store was taken back to an earlier state, in which some of it may not have happened. */
    again: (id: string, waiting: readonly string[]): Promise<void> => edit(id, ({ by, began }) => ({ by, began, waiting }), true),
  };
}
export type Erasures = ReturnType<typeof erasures>;
