import type { EachBatchPayload } from 'kafkajs';
import type { Runtime } from '../runtime.ts';

const everyMs = 100;
const mostFailures = 10;

/**
 * The offsets of a kafkajs consumer. They are committed now and then and not behind each batch, where a reader would wait for the broker to
 * write them: a reader that is killed in between repeats what it did in a tenth of a second. kafkajs knows which partitions are still its own.
 */
export function kafkaOffsets(runtime: Runtime) {
  let latest: EachBatchPayload | undefined;

  /** Commits what is done and not yet committed, of all partitions. */
  async function commit(): Promise<void> {
    const due = latest?.uncommittedOffsets();
    if (due && due.topics.length > 0) await latest!.commitOffsetsIfNecessary(due);
  }

  return {
    /** Everything of the batch's partition up to `offset`. */
    done(payload: EachBatchPayload, offset: string): void {
      payload.resolveOffset(offset);
      latest = payload;
    },
    commit,
    /** Rejects where it fails again and again: a rebalance lets a few fail, and heartbeats tell of that. */
    async commitForEver(until: AbortSignal): Promise<void> {
      for (let failures = 0; !until.aborted; ) {
        await runtime.sleep(everyMs, until);
        try {
          await commit();
          failures = 0;
        } catch (error) {
          if (++failures === mostFailures) throw error;
        }
      }
    },
  };
}
export type KafkaOffsets = ReturnType<typeof kafkaOffsets>;
