import { followsOn } from '@claras/contracts/sequence';
import type { AuditAction } from '@claras/domain/audit-actions';
import { type AuditEntry, chained } from '@claras/domain/audit-chain';
import { isFederated } from '@claras/domain/federation';
import { merged } from '@claras/ports/store/keyed';
import type { Change } from '@claras/ports/store/store';
import { tenantScope } from './scopes.ts';
import { type Durable, transact } from './transact.ts';

/** Who does something: `operator`, `key:<id>`, `federation:<id>`, `profile:<id>`. */
export type Actor = string;
/** Of a key's id, or of a trust in Entra, which says itself what it is. */
export const actorOf = (credential: string): Actor => (isFederated(credential) ? credential : `key:${credential}`);
/** Where nobody is named: tests and Claras' own upkeep. */
export const system: Actor = 'system';

export interface Deed {
  by: Actor;
  action: AuditAction;
  subject: string;
  details: unknown;
}

type Head = Pick<AuditEntry, 'number' | 'hash'> & {
  /** Of the team's last event that stands in the log. */
  team?: number;
};
interface ReadHead {
  value: Head | undefined;
  version: number;
}

/** Of what happened to the team meanwhile nothing is known. */
const unseen = { by: 'system', action: 'team.events.missing', subject: 'Team' } as const;

const headKey = 'audit';
const entryKey = (number: number) => `audit:${String(number).padStart(12, '0')}`;

/** A change with another one on top of it. */
const joined = (change: Omit<Change, 'id' | 'time'>, more: Pick<Change, 'expect' | 'put'>): Omit<Change, 'id' | 'time'> => ({
  ...change,
  expect: merged(change.expect, more.expect),
  put: merged(change.put, more.put),
});

/** A tenant's audit log: entries stand in the commit of what they tell, chained by hash, so that none can go or change unseen. */
export function audit(durable: Durable) {
  const { store } = durable;

  async function head(tenant: string): Promise<ReadHead> {
    const [entry] = await store.read<Head>(tenantScope(tenant), [headKey]);
    return { value: entry?.value, version: entry?.version ?? 0 };
  }

  function appended({ value, version }: ReadHead, time: number, deeds: readonly Deed[], team?: number): Pick<Change, 'expect' | 'put'> {
    const put: Record<string, unknown> = {};
    let last: Head | undefined = value;
    for (const deed of deeds) {
      const entry = chained(last, { time: new Date(time).toISOString(), ...deed });
      put[entryKey(entry.number)] = entry;
      last = entry;
    }
    const reached = team ?? value?.team;
    put[headKey] = {
      number: last?.number ?? 0,
      hash: last?.hash ?? '',
      ...(reached === undefined ? {} : { team: reached }),
    } satisfies Head;
    return { expect: { [headKey]: version }, put };
  }

  /** The change with its entry in it. Inside `transact`: another entry since `asOf` is a conflict, and it is tried again. */
  const tell = async (tenant: string, time: number, change: Omit<Change, 'id' | 'time'>, deed: Deed, asOf?: ReadHead) =>
    joined(change, appended(asOf ?? (await head(tenant)), time, [deed]));

  return {
    /**
     * The log's end. Read before anything else that a change is decided from, and told as of it, it makes whatever was told meanwhile a
     * conflict: of a tenant's providers also one that was not there yet.
     */
    head,

    tell,

    /** The entry of what is then done outside the tenant's scope: whatever stops in between, it is told, if need be twice. */
    tellFirst: (tenant: string, deed: Deed): Promise<void> =>
      transact(durable, tenantScope(tenant), async (time) => ({ change: await tell(tenant, time, {}, deed), result: () => undefined })),

    /**
     * Deeds that the core app tells of in its events `from` to `through`, each event once. Where there are none between the last and `from`, the
     * log says so.
     */
    tellOfTeam: (
      tenant: string,
      deeds: readonly (Deed & { sequence: number })[],
      { from, through }: { from: number; through: number },
    ): Promise<void> =>
      transact(durable, tenantScope(tenant), async (time) => {
        const asOf = await head(tenant);
        const known = asOf.value?.team ?? 0;
        if (through <= known) return { result: () => undefined };
        const missing = from <= known || followsOn(from, known) ? [] : [{ ...unseen, details: { after: known, next: from } }];
        const told = deeds.filter(({ sequence }) => sequence > known).map(({ sequence: _, ...deed }) => deed);
        const fresh = [...missing, ...told];
        return { change: appended(asOf, time, fresh, through), result: () => undefined };
      }),

    /** Newest first. `before`: a number; only older ones. */
    async list(tenant: string, { before, limit }: { before?: number; limit: number }): Promise<AuditEntry[]> {
      const { value } = await head(tenant);
      const newest = Math.min(value?.number ?? 0, (before ?? Number.MAX_SAFE_INTEGER) - 1);
      const numbers = Array.from({ length: Math.max(0, Math.min(limit, newest)) }, (_, n) => newest - n);
      if (numbers.length === 0) return [];
      const entries = await store.read<AuditEntry>(tenantScope(tenant), numbers.map(entryKey));
      return entries.flatMap((entry) => entry?.value ?? []);
    },
  };
}
export type Audit = ReturnType<typeof audit>;
