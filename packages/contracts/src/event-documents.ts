import { asRead } from './as-described.ts';
import { defaultCells, sourceOf, type TopicName, topicOfService, topics } from './topics.ts';

const schemaBase = 'https://claras.ai/schemas/events';
const names = Object.keys(topics) as TopicName[];
const fileOf = (topic: TopicName, type: string) => `${topic}/${type}.schema.json`;
const typesOf = (topic: TopicName): [string, object][] => Object.entries(topics[topic].events);

/** JSON Schemas of each event's data, by the name of their file. TypeBox schemas are JSON Schemas already. */
export const eventSchemas = (): Map<string, object> =>
  new Map(
    names.flatMap((topic) =>
      typesOf(topic).map(([type, schema]): [string, object] => [
        fileOf(topic, type),
        {
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          $id: `${schemaBase}/${fileOf(topic, type)}`,
          title: `${topics[topic].prefix}${type}`,
          ...asRead(topic, schema),
        },
      ]),
    ),
  );

const text = { type: 'string' };

/** CloudEvents attributes as Kafka headers (Kafka Protocol Binding 1.0, 3.2). */
const headersOf = (topic: TopicName, type: string): object => ({
  type: 'object',
  required: ['content-type', 'ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time', 'ce_subject', 'ce_partitionkey', 'ce_sequence'],
  properties: {
    'content-type': { const: 'application/json' },
    ce_specversion: { const: '1.0' },
    ce_id: { ...text, description: 'with ce_source, what tells one event from another: the same event twice has it twice' },
    ce_source: sourcesOf(topic),
    ce_type: { const: `${topics[topic].prefix}${type}` },
    ce_time: { ...text, format: 'date-time' },
    ce_subject: {
      ...text,
      description: 'what it is about: Users/<id>, Groups/<id>, Profiles/<id>, Providers/<id>, Snapshots/<id>, Consumers/<name>',
    },
    ce_partitionkey: { ...text, description: 'the tenant, as is the key of the record' },
    ce_sequence: { ...text, pattern: '^\\d{20}$', description: '1, 2, 3 … of a tenant and source, without gaps; epoch × 10¹² + number' },
    ce_traceparent: { ...text, description: 'W3C Trace Context of the request that caused it' },
    ce_request: { ...text, description: 'method and path of that request' },
  },
});

/** Services that are told apart by it; who asks for something names itself. */
const sourcesOf = (topic: TopicName): object =>
  topic === 'request' ? { ...text, pattern: `^${topics.request.source}/.+$` } : { enum: servicesOf(topic) };

const servicesOf = (topic: TopicName): string[] => [
  ...new Set(
    Object.entries(topicOfService)
      .filter(([, name]) => name === topic)
      .map(([service]) => sourceOf(topic, service)),
  ),
];

/** What a subscriber does: it asks for a snapshot, and reads everything else. */
const actionOf = (topic: TopicName): string => (topic === 'request' ? 'send' : 'receive');

/** What is on which topic, as AsyncAPI 3.0. Schemas stand beside it. */
export const asyncApi = (version: string): object => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Claras SCIM gateway: events',
    version,
    description: 'CloudEvents 1.0 in binary content mode on Kafka, keyed and ordered by tenant, at least once. See docs/events.md.',
  },
  defaultContentType: 'application/json',
  channels: Object.fromEntries(names.map((topic) => [topic, channelOf(topic)])),
  operations: Object.fromEntries(
    names.map((topic) => [
      `${actionOf(topic)}-${topic}`,
      {
        action: actionOf(topic),
        channel: { $ref: `#/channels/${topic}` },
        messages: typesOf(topic).map(([type]) => ({ $ref: `#/channels/${topic}/messages/${type}` })),
      },
    ]),
  ),
  components: {
    messages: Object.fromEntries(names.flatMap((topic) => typesOf(topic).map(([type]) => [`${topic}.${type}`, messageOf(topic, type)]))),
  },
});

const channelOf = (topic: TopicName): object => ({
  address: topics[topic].name,
  description: `Written by ${topics[topic].producers.join(', ')}; read by ${topics[topic].readers.join(', ')}.`,
  messages: Object.fromEntries(typesOf(topic).map(([type]) => [type, { $ref: `#/components/messages/${topic}.${type}` }])),
  bindings: {
    kafka: {
      topic: topics[topic].name,
      partitions: defaultCells,
      topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': 2_592_000_000 },
    },
  },
});

const messageOf = (topic: TopicName, type: string): object => ({
  name: `${topics[topic].prefix}${type}`,
  contentType: 'application/json',
  headers: headersOf(topic, type),
  payload: { $ref: `./${fileOf(topic, type)}` },
  bindings: { kafka: { key: { type: 'string', description: 'the tenant' } } },
});
