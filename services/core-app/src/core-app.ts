import type { CoreChange, CoreOutcome, LinkedPage, NewProfile, TeamCommand, TeamPage } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';
import type { CoreApp, Team } from '@claras/ports/core-app/core-app';
import { CoreAppUnavailable, TeamRefusal } from '@claras/ports/core-app/core-app';
import type { Runtime } from '@claras/ports/runtime';
import { type Entry, type Scope, type Store, unlessEnded } from '@claras/ports/store/store';
import { applyChange, keysOf } from './apply-change.ts';
import { type Draft, draftOf } from './draft.ts';
import { activeIndex, emailOwnerKey, type Link, ownersKey, type Person, personKey, profilesIndex } from './person.ts';
import { sessions } from './sessions.ts';
import { applyByHand, createByHand } from './team-rules.ts';
import { type TenantQueue, tenantQueue } from './tenant-queue.ts';

const changesPerCommit = 100;
const patience = 50;

/** Sequence of the event with which the tenant was erased. */
const erasedKey = 'erased';

/** What is answered of a tenant that was erased. */
const orElse =
  <T>(answer: () => T) =>
  (error: unknown): T => {
    unlessEnded(error);
    return answer();
  };

const scopeOf = (tenant: string): Scope => `core/${tenant}`;

/** The reference core app, in this process: profiles and who may do what with them (what the real Claras core replaces). */
export function coreApp({ store, runtime }: { store: Store; runtime: Runtime }): CoreApp & Team & { close(): Promise<void> } {
  const queues = new Map<string, TenantQueue>();

  /** Each tenant's work in turn: its commits do not race one another. Another process may still be first; then it is decided afresh. */
  async function inTurn<T>(tenant: string, steps: readonly (() => Promise<T>)[], urgent: boolean): Promise<T[]> {
    const queue = queues.get(tenant) ?? tenantQueue();
    queues.set(tenant, queue);
    const results = await queue.add(steps, urgent);
    if (queue.idle()) queues.delete(tenant);
    return results;
  }

  /** Read, decide, commit; afresh when another writer came first. */
  async function transact<T>(tenant: string, keys: readonly string[], decide: (draft: Draft, time: number) => T): Promise<T> {
    const scope = scopeOf(tenant);
    for (let tries = 0; tries < patience; tries++) {
      const draft = draftOf(await withProfiles(scope, [...new Set([...keys, ownersKey])]));
      const time = runtime.now();
      const result = decide(draft, time);
      const change = draft.change();
      if (!change || (await store.commit(scope, { id: runtime.id(), time, ...change })).ok) return result;
    }
    throw new CoreAppUnavailable(`gave up after ${patience} conflicting writes`);
  }

  /** The documents, and those of the profiles that they name. */
  async function withProfiles(scope: Scope, keys: readonly string[]): Promise<Map<string, Entry | undefined>> {
    const entries = await store.read(scope, keys);
    const read = new Map(keys.map((key, n) => [key, entries[n]]));
    const named = new Set<string>();
    for (const [key, entry] of read) {
      if (key.startsWith('scim:')) named.add((entry?.value as Link | undefined)?.profile ?? '');
      if (key.startsWith('email:') || key.startsWith('login:')) named.add((entry?.value as string | undefined) ?? '');
    }
    const profiles = [...named].filter((id) => id !== '').map(personKey);
    const people = await store.read(scope, profiles);
    for (const [n, key] of profiles.entries()) read.set(key, people[n]);
    return read;
  }

  const isUrgent = ({ facet }: CoreChange): boolean => facet === 'access' || facet === 'removal';

  async function apply(tenant: string, changes: readonly CoreChange[]): Promise<CoreOutcome[]> {
    const steps: (() => Promise<CoreOutcome[]>)[] = [];
    for (let n = 0; n < changes.length; n += changesPerCommit) {
      const chunk = changes.slice(n, n + changesPerCommit);
      const ids = chunk.map(() => runtime.id());
      const decide = (draft: Draft, time: number) =>
        chunk.map((change, at) => applyChange(draft, change, { time, newId: ids[at] as string }));
      const gone = () => chunk.map((): CoreOutcome => ({ outcome: 'stale' }));
      steps.push(() => transact(tenant, chunk.flatMap(keysOf), decide).catch(orElse(gone)));
    }
    return (await inTurn(tenant, steps, changes.every(isUrgent))).flat();
  }

  const nobody = (): never => {
    throw new TeamRefusal('not-found', 'the tenant was erased');
  };

  const byHand = async (tenant: string, profile: string, command: TeamCommand): Promise<Profile> => {
    const step = () =>
      transact(tenant, [personKey(profile)], (draft, time) => applyByHand(draft, profile, command, time)).catch(orElse(nobody));
    return (await inTurn(tenant, [step], true))[0] as Profile;
  };

  const create = async (tenant: string, profile: NewProfile): Promise<Profile> => {
    const id = runtime.id();
    const step = () =>
      transact(tenant, [emailOwnerKey(profile.email)], (draft, time) => createByHand(draft, profile, id, time)).catch(orElse(nobody));
    return (await inTurn(tenant, [step], false))[0] as Profile;
  };

  async function erase(tenant: string, sequence: number): Promise<void> {
    const scope = scopeOf(tenant);
    const [entry] = await store.read<number>(scope, [erasedKey]);
    const time = runtime.now();
    const erased = { type: 'tenant.erased', subject: `Tenants/${tenant}`, time: new Date(time).toISOString(), data: {} };
    // Dropped at once: as of the event nobody is counted or listed.
    const change = { end: true as const, drop: [activeIndex, profilesIndex], put: { [erasedKey]: sequence }, events: [erased] };
    if ((entry?.value ?? 0) < sequence) await store.commit(scope, { id: runtime.id(), time, ...change });
    await store.sweep(scope);
  }

  async function seats(tenant: string) {
    const { total, sequence } = await store.range(scopeOf(tenant), activeIndex, { limit: 0 });
    return { active: total, version: sequence };
  }

  async function people(tenant: string, page: { after?: string; limit: number }) {
    const { members, total, sequence } = await store.range(scopeOf(tenant), profilesIndex, page);
    const entries = await store.read<Person>(scopeOf(tenant), members.map(personKey));
    const next = members.length === page.limit ? members.at(-1) : undefined;
    return { people: entries.flatMap((entry) => entry?.value ?? []), total, version: sequence, more: next === undefined ? {} : { next } };
  }

  async function list(tenant: string, page: { after?: string; limit: number }): Promise<TeamPage> {
    const { people: found, total, version, more } = await people(tenant, page);
    const marked = found.flatMap(({ profile, byHand }) => (byHand ? [[profile.id, byHand] as const] : []));
    const byHand = marked.length > 0 ? { byHand: Object.fromEntries(marked) } : {};
    return { profiles: found.map(({ profile }) => profile), ...byHand, total, version, ...more };
  }

  async function linkedBefore(tenant: string, sequence: number, page: { after?: string; limit: number }): Promise<LinkedPage> {
    const { people: found, more } = await people(tenant, page);
    return { users: found.flatMap(({ profile, fences }) => (fences.identity < sequence ? (profile.scimId ?? []) : [])), ...more };
  }

  return {
    apply,
    seats,
    linkedBefore,
    list,
    byHand,
    create,
    erase,
    ...sessions({ store, runtime }, scopeOf),
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.settled()));
    },
  };
}
