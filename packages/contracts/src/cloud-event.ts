import { isTenantId } from '@claras/domain/tenant';
import type { Fact, Positioned } from './events.ts';
import { jsonOf } from './json-text.ts';
import { sourceOf, type TopicName, topics } from './topics.ts';

/** A Kafka record in CloudEvents 1.0 binary content mode: attributes in `ce_` headers, data as the value (Kafka Protocol Binding 1.0, 3.2). */
export interface EventRecord {
  key: string;
  value: string;
  headers: Record<string, string>;
}

/** CloudEvents orders `sequence` as a string, so it is zero-padded. */
const padded = (sequence: number): string => String(sequence).padStart(20, '0');

/** What an outbox entry holds before its record is written: the fact, its place, and what it is about. */
export interface OutgoingEvent {
  type: string;
  /** Relative SCIM or team URI of what it is about, such as `Users/2819c223`. */
  subject: string;
  /** ISO 8601, UTC. */
  time: string;
  traceparent?: string;
  /** Method and path of the request that caused it (extension attribute `request`). */
  request?: string;
  /** A JSON value, or its {@link JsonText}. */
  data: unknown;
}

/** `service`: whose commit carries the event. */
export function toRecord(topic: TopicName, service: string, tenant: string, sequence: number, event: OutgoingEvent): EventRecord {
  const { prefix } = topics[topic];
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: `${tenant}:${sequence}`,
    ce_source: sourceOf(topic, service),
    ce_type: prefix + event.type,
    ce_time: event.time,
    ce_subject: event.subject,
    ce_partitionkey: tenant,
    ce_sequence: padded(sequence),
  };
  if (event.traceparent) headers.ce_traceparent = event.traceparent;
  if (event.request) headers.ce_request = event.request;
  return { key: tenant, value: jsonOf(event.data) as string, headers };
}

/** Why a record is no event of ours. Never retryable: the bytes will not change. */
export class MalformedEvent extends Error {
  override name = 'MalformedEvent';
  readonly retryable = false;
}

/** The event in a record. Throws {@link MalformedEvent}. A type that this version does not know is returned as it is; readers pass over it. */
export function fromRecord<F extends Fact>(
  topic: TopicName,
  record: { key: string; value: string | null; headers: Record<string, string> },
): Positioned<F> {
  const { prefix } = topics[topic];
  const {
    ce_id: id,
    ce_type: type,
    ce_time: time,
    ce_subject: subject,
    ce_sequence,
    ce_traceparent: traceparent,
    ce_request: request,
  } = record.headers;
  const sequence = Number(ce_sequence);
  if (!isTenantId(record.key)) throw new MalformedEvent(`the key of ${id ?? 'a record'} can be no tenant's`);
  if (!id || !type?.startsWith(prefix) || !time || !Number.isSafeInteger(sequence) || sequence < 1 || record.value === null)
    throw new MalformedEvent(`not an event of ${topics[topic].name}: ${type ?? 'no ce_type'} ${ce_sequence ?? 'no ce_sequence'}`);
  let data: unknown;
  try {
    data = JSON.parse(record.value);
  } catch {
    throw new MalformedEvent(`the data of ${id} is not JSON`);
  }
  return {
    id,
    tenant: record.key,
    sequence,
    time,
    subject: subject ?? '',
    ...(traceparent ? { traceparent } : {}),
    ...(request ? { request } : {}),
    type: type.slice(prefix.length),
    data,
  } as unknown as Positioned<F>;
}
