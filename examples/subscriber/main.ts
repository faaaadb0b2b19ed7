import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import kafkajs, { type KafkaMessage } from 'kafkajs';

/**
 * A subscriber of Claras' events that proves by the sequence that it missed nothing. Copy it and put your own work into `handle`, which must
 * be idempotent: after a crash the last events come again.
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
const seen = { handled: 0, repeated: 0, gaps: 0 };

/** Your work. */
function handle(type: string, tenant: string, subject: string): void {
  if (!values.idle) process.stdout.write(`${tenant} ${type} ${subject}\n`);
}

function take({ key, headers = {} }: KafkaMessage): void {
  const header = (name: string): string => String(headers[name] ?? '');
  const tenant = String(key);
  const stream = `${header('ce_source')} ${tenant}`;
  const sequence = Number(header('ce_sequence'));
  const expected = (last[stream] ?? 0) + 1;
  if (sequence < expected) return void seen.repeated++;
  if (sequence > expected) {
    seen.gaps++;
    process.stderr.write(`${stream}: expected ${expected}, got ${sequence}: ${sequence - expected} events are missing\n`);
  }
  handle(header('ce_type'), tenant, header('ce_subject'));
  last[stream] = sequence;
  seen.handled++;
}

/** The sequences stand on disk before the offsets are committed: what is committed was handled. */
function remember(): void {
  writeFileSync(`${values.state}.new`, JSON.stringify(last));
  renameSync(`${values.state}.new`, values.state);
}

const kafka = new kafkajs.Kafka({ clientId: values.group, brokers: values.brokers.split(','), logLevel: kafkajs.logLevel.ERROR });
const consumer = kafka.consumer({ groupId: values.group });
let latest = Date.now();
await consumer.connect();
await consumer.subscribe({ topics: [values.topic], fromBeginning: true });
await consumer.run({
  eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
    for (const message of batch.messages) {
      take(message);
      resolveOffset(message.offset);
    }
    latest = Date.now();
    remember();
    await heartbeat();
  },
});

async function end(): Promise<void> {
  await consumer.disconnect();
  const streams = Object.keys(last).length;
  const total = Object.values(last).reduce((sum, sequence) => sum + sequence, 0);
  process.stdout.write(`${JSON.stringify({ streams, total, ...seen })}\n`);
  process.exit(seen.gaps > 0 ? 1 : 0);
}
process.on('SIGTERM', () => void end());
process.on('SIGINT', () => void end());
if (values.idle) {
  const patience = Number(values.idle) * 1000;
  setInterval(() => {
    if (Date.now() - latest > patience) void end();
  }, 200);
}
