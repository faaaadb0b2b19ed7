import type { Batch, Received } from '@claras/ports/bus/bus';
import type { Runtime } from '@claras/ports/runtime';
import type { Scope, Store } from '@claras/ports/store/store';

/** A record that is no event of ours, with all that is needed to look at it and to publish it again. */
export interface ParkedRecord {
  topic: string;
  partition: number;
  record: Received;
  reason: string;
}

/** A consumer's dead letters, in its own slice of the store. The same record is parked once, however often it is read. */
export function parking(store: Store, runtime: Runtime, service: string) {
  const scope: Scope = `${service}/`;
  return {
    async add({ topic, partition }: Batch, record: Received, reason: string): Promise<void> {
      const id = `${topic}/${partition}/${record.offset.padStart(20, '0')}`;
      const parked: ParkedRecord = { topic, partition, record, reason };
      await store.commit(scope, {
        id: `parked:${id}`,
        time: runtime.now(),
        put: { [`parked:${id}`]: parked },
        index: { parked: { add: [id] } },
      });
    },
    count: async (): Promise<number> => (await store.range(scope, 'parked', { limit: 0 })).total,
  };
}
