import type { EventRecord } from '@claras/contracts/cloud-event';

/**
 * Bus: an ordered, replayable log of topics. Records of one key stand in one partition (murmur2(key) mod partitions) in the order in which
 * they were published. Delivery is at least once and in order for each partition.
 */
export interface Bus {
  /** Creates the topics that do not exist. A topic that exists with another number of partitions is an error: order would break. */
  prepare(topics: readonly { name: string; partitions: number }[]): Promise<void>;
  /** Resolves when durable. Records of one call keep their order for each key. */
  publish(topic: string, records: readonly EventRecord[]): Promise<void>;
  /** Reads the topics from the group's committed offsets, or from the beginning, sharing partitions with the group's other readers. */
  consume(subscription: Subscription): Promise<Consumer>;
  lag(group: string, topics: readonly string[]): Promise<PartitionLag[]>;
  /** Where topics are not set up as they should be (retention, what an acknowledgement means). `apply`: and sets it right. */
  settings(topics: readonly string[], apply: boolean): Promise<TopicSetting[]>;
  /** Moves a group that is not running: to the beginning, or to the end. */
  seek(group: string, topic: string, to: 'beginning' | 'end'): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface Received extends Omit<EventRecord, 'value'> {
  value: string | null;
  offset: string;
  /** Milliseconds since 1970 at which the log took it. */
  time: number;
}

export interface Batch {
  topic: string;
  partition: number;
  /** In offset order, never empty. */
  records: Received[];
  /** False once the partition was given to another reader or the consumer closes: stop at the next safe point. */
  alive(): boolean;
}

export interface Subscription {
  group: string;
  topics: readonly string[];
  /** Begins as {@link Consumer.pause} leaves it. */
  paused?: boolean;
  /** Rather few large batches than many small ones: a record may wait a quarter of a second for others. */
  gathers?: boolean;
  /**
   * Resolves: the records are done, and their offsets are committed soon, unless the partition was given away meanwhile: then its new reader
   * gets them. Rejects: they come again, after a pause.
   */
  onBatch(batch: Batch): Promise<void>;
  /** Told of what a reader lives through: joined, crashed, rebalancing. For logs, health and metrics. */
  onState?(state: 'joined' | 'rebalancing' | 'failed', detail?: string): void;
}

export interface Consumer {
  /** Takes no further batch until `resume`; the one in hand finishes. Its partitions stay its own. */
  pause(): void;
  resume(): void;
  /** Lets the batch in hand finish, commits, leaves. */
  close(): Promise<void>;
}

export interface TopicSetting {
  topic: string;
  setting: string;
  is: string;
  wanted: string;
}

export interface PartitionLag {
  topic: string;
  partition: number;
  /** Offset that the next record will get. */
  end: number;
  /** Offset of the next record for the group; -1 = none committed yet. */
  committed: number;
  lag: number;
  /** When the log took the first record that the group has not done (ms since 1970), or a later time (Kafka: to a factor of two); absent where there is none. */
  oldest?: number;
}

export class BusUnavailable extends Error {
  override name = 'BusUnavailable';
  readonly retryable = true;
}
