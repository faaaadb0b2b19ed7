import type { EventRecord } from '@claras/contracts/cloud-event';
import type { CoreChange } from '@claras/contracts/core-app';
import { pairsOf } from '@claras/ports/store/keyed';
import type { Wiring } from './processes.ts';

/** Wires that break a promise, each in its own way: what a simulation must find. `finds` stands in the violation that it is found by. */
export interface BrokenWiring {
  name: string;
  finds: RegExp;
  wiring(): Partial<Wiring>;
}

/** Every n-th, over all the processes that use it. */
function every(n: number): () => boolean {
  let count = 0;
  return () => ++count % n === 0;
}

export const brokenWirings: BrokenWiring[] = [
  {
    name: 'a relay that skips a record',
    finds: /acknowledged|the topic ends at|before its turn|not quiet/,
    wiring() {
      const skip = every(15);
      const kept = (records: readonly EventRecord[]) => records.filter(() => !skip());
      return { relayedTo: (bus) => ({ ...bus, publish: (topic, records) => bus.publish(topic, kept(records)) }) };
    },
  },
  {
    name: 'a reader that commits an offset before the effect',
    finds: /not quiet|is at \d+; the directory at/,
    wiring() {
      const drop = every(7);
      return {
        consumersRead: (bus) => ({
          ...bus,
          consume: (subscription) =>
            bus.consume({ ...subscription, onBatch: async (batch) => (drop() ? undefined : subscription.onBatch(batch)) }),
        }),
      };
    },
  },
  {
    name: 'a consumer that takes a change for done that the core app never got',
    finds: /the team lacks/,
    wiring() {
      const drop = every(9);
      return {
        consumersCall: (core) => ({
          ...core,
          apply: async (tenant, changes) => (drop() ? changes.map(() => ({ outcome: 'applied' })) : core.apply(tenant, changes)),
        }),
      };
    },
  },
  {
    name: 'a role-mapper that forgets to spare owners',
    finds: /an owner was made/,
    wiring() {
      const plain = ({ ...change }: CoreChange): CoreChange => {
        if (change.facet === 'role') delete change.unlessCurrentRole;
        return change;
      };
      return { consumersCall: (core) => ({ ...core, apply: (tenant, changes) => core.apply(tenant, changes.map(plain)) }) };
    },
  },
  {
    name: 'a core app that forgets its fences',
    finds: /the fence went back|twice in effect|the team lacks/,
    wiring() {
      const forget = (value: unknown) => ({ ...(value as object), fences: { identity: 0, role: 0, access: 0 } });
      return {
        coreKeeps: (store) => ({
          ...store,
          read: async <T>(...asked: Parameters<typeof store.read>) => {
            const entries = await store.read<T>(...asked);
            return entries.map((entry, n) =>
              entry && asked[1][n]!.startsWith('profile:') ? { ...entry, value: forget(entry.value) as T } : entry,
            );
          },
        }),
      };
    },
  },
  {
    name: 'sessions that outlive an archive',
    finds: /a session of .* goes on/,
    wiring() {
      const ageless = (value: unknown) => ({ ...(value as object), generation: 0 });
      return {
        coreKeeps: (store) => ({
          ...store,
          commit: (scope, change) => {
            const put = [...pairsOf(change.put)].map(([key, value]) => [key, key.startsWith('profile:') ? ageless(value) : value] as const);
            return store.commit(scope, { ...change, put: new Map(put) });
          },
        }),
      };
    },
  },
  {
    name: 'seats that are not billed',
    finds: /billed/,
    wiring() {
      const drop = every(2);
      return {
        billed: (billing) => ({
          ...billing,
          setSeats: async (tenant, seats) => (drop() ? seats : billing.setSeats(tenant, seats)),
        }),
      };
    },
  },
  {
    name: 'an edge that answers before its commit',
    finds: /acknowledged|was answered with/,
    wiring() {
      const drop = every(12);
      return {
        edgeKeeps: (store) => ({
          ...store,
          commit: async (scope, change) => (drop() ? { ok: true, sequence: 1, version: 1 } : store.commit(scope, change)),
        }),
      };
    },
  },
];
