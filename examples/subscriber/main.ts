import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import kafkajs, { type KafkaMessage } from 'kafkajs';

/**
 * A subscriber of Claras' events that proves by the sequence that it missed nothing. Where it did, it asks for a snapshot; the topics other than
 * claras.directory.v1 have none, so there it says what is missing and goes on. Copy it and put your own work into `handle`, which must be
 * idempotent: after a crash the last events come again. With `snapshot.started` it begins anew, with `tenant.erased` it erases what it has.
 */
const { values } = parseArgs({
  options: {
    brokers: { type: 'string', default: '127.0.0.1:9092' },
    topic: { type: 'string', default: 'claras.directory.v1' },
    group: { type: 'string', default: 'sample-subscriber' },
    state: { type: 'string', default: './sequences.json' },
    /** Ends when nothing came for so many seconds. */
    idle: { type: 'string' },
  },
});

/** `source tenant` → the last sequence that was handled. */
const last: Record<string, number> = existsSync(values.state) ? JSON.parse(readFileSync(values.state, 'utf8')) : {};
const seen = { handled: 0, repeated: 0, gaps: 0, snapshots: 0 };
const hasSnapshots = values.topic === 'claras.directory.v1';
const asksAgainAfter = 30_000;
/** `source tenant` that stands before a gap → when a snapshot was asked for. */
const asked: Record<string, number> = {};

/** Your work. */
function handle(type: string, tenant: string, subject: string): void {
  if (!values.idle) process.stdout.write(`${tenant} ${type} ${subject}\n`);
}

/** How a tenant's first event of an epoch is numbered: see docs/events.md. */
const isFirst = (sequence: number): boolean => sequence % 1_000_000_000_000 === 1;

async function take({ key, headers = {} }: KafkaMessage): Promise<void> {
  const header = (name: string): string => String(headers[name] ?? '');
  const tenant = String(key);
  const stream = `${header('ce_source')} ${tenant}`;
  const sequence = Number(header('ce_sequence'));
  const applied = last[stream] ?? 0;
  if (sequence <= applied) return void seen.repeated++;
  const type = header('ce_type');
  const beginsAnew = type.endsWith('.snapshot.started');
  // Of an erased tenant nothing is told any more: what is missing before that would be waited for in vain.
  const supersedes = beginsAnew || type.endsWith('.tenant.erased');
  const isNext = sequence === applied + 1 || (applied === 0 && isFirst(sequence)) || supersedes;
  if (!isNext && hasSnapshots) return waitForSnapshot(stream, tenant, applied, sequence);
  if (!isNext) tellGap(stream, applied, sequence, 'it goes on without');
  if (beginsAnew) seen.snapshots++;
  delete asked[stream];
  handle(type, tenant, header('ce_subject'));
  last[stream] = sequence;
  seen.handled++;
}

function tellGap(stream: string, applied: number, sequence: number, then: string): void {
  seen.gaps++;
  process.stderr.write(`${stream}: ${applied} was the last, got ${sequence}; ${then}\n`);
}

/** What comes before the snapshot is superseded by it. */
async function waitForSnapshot(stream: string, tenant: string, applied: number, sequence: number): Promise<void> {
  const now = Date.now();
  if (now - (asked[stream] ?? 0) < asksAgainAfter) return;
  if (asked[stream] === undefined) tellGap(stream, applied, sequence, 'a snapshot is asked for');
  asked[stream] = now;
  const headers = {
    'content-type': 'application/json',
    ...{ ce_specversion: '1.0', ce_id: `${tenant}:${now}`, ce_source: `/claras/request/${values.group}`, ce_partitionkey: tenant },
    ...{ ce_type: 'ai.claras.request.snapshot.requested', ce_subject: `Consumers/${values.group}`, ce_time: new Date(now).toISOString() },
    ce_sequence: String(now).padStart(20, '0'),
  };
  const value = JSON.stringify({ consumer: values.group, applied, reason: 'gap' });
  await producer.send({ topic: 'claras.request.v1', messages: [{ key: tenant, value, headers }] });
}

/** The sequences stand on disk before the offsets are committed: what is committed was handled. */
function remember(): void {
  writeFileSync(`${values.state}.new`, JSON.stringify(last));
  renameSync(`${values.state}.new`, values.state);
}

const kafka = new kafkajs.Kafka({ clientId: values.group, brokers: values.brokers.split(','), logLevel: kafkajs.logLevel.ERROR });
const consumer = kafka.consumer({ groupId: values.group });
const producer = kafka.producer();
let latest = Date.now();
await Promise.all([consumer.connect(), producer.connect()]);
await consumer.subscribe({ topics: [values.topic], fromBeginning: true });
await consumer.run({
  eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
    for (const message of batch.messages) {
      await take(message);
      resolveOffset(message.offset);
    }
    latest = Date.now();
    remember();
    await heartbeat();
  },
});

async function end(): Promise<void> {
  await Promise.all([consumer.disconnect(), producer.disconnect()]);
  const streams = Object.keys(last).length;
  const total = Object.values(last).reduce((sum, sequence) => sum + sequence, 0);
  process.stdout.write(`${JSON.stringify({ streams, total, ...seen })}\n`);
  process.exit(Object.keys(asked).length > 0 || (seen.gaps > 0 && !hasSnapshots) ? 1 : 0);
}
process.on('SIGTERM', () => void end());
process.on('SIGINT', () => void end());
if (values.idle) {
  const patience = Number(values.idle) * 1000;
  setInterval(() => {
    if (Date.now() - latest > patience) void end();
  }, 200);
}
