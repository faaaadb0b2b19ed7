import type { TopicName } from '@claras/contracts/topics';
import type { Runtime } from '../runtime.ts';

/** What every adapter of the store is given. */
export interface StoreSettings {
  /** Fixed when the data are made. */
  cells: number;
  /** Service → the topic of its events. Other services have none. */
  topicOf: Readonly<Record<string, TopicName>>;
  runtime: Runtime;
}
