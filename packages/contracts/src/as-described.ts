import { Compile, type Validator } from 'typebox/compile';
import type { Fact } from './events.ts';
import { type TopicName, topics } from './topics.ts';

/** A schema as readers take it: a reader lets pass what a later version adds, so what we write is not closed to it; what others write to us is. */
export const asRead = (topic: TopicName, schema: object): object =>
  JSON.parse(JSON.stringify(schema), (key, value) =>
    topic !== 'request' && key === 'additionalProperties' && value === false ? undefined : value,
  );

const validators = new Map<object, Validator>();

/** Whether an event has the data that its type promises. One of a type that this version does not know has. */
export function isAsDescribed(topic: TopicName, { type, data }: Fact): boolean {
  const events: Record<string, object> = topics[topic].events;
  if (!Object.hasOwn(events, type)) return true;
  const schema = events[type]!;
  const validator = validators.get(schema) ?? Compile(asRead(topic, schema));
  validators.set(schema, validator);
  return validator.Check(data);
}
