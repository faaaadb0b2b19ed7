import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaBus } from '@claras/ports/bus/kafka-bus';
import { kafkaClient } from '@claras/ports/bus/kafka-client';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import type { HopRequest } from './kafka-hop.ts';
import { paced } from './paced.ts';

/** What kafka-hop.ts runs: nothing but a kafkajs producer (durable: acks of all) and a kafkajs consumer, of one partition. */
const [busUrl] = process.argv.slice(2) as [string];
const settleMs = 1000;
const topic = `bench-hop-${Date.now()}`;

const bus = kafkaBus(busUrl, { clientId: 'bench', runtime });
const prepare = () =>
  bus.prepare([{ name: topic, partitions: 1 }]).then(
    () => true,
    (error) => {
      if (!error.retryable) throw error;
      return false;
    },
  );
// A broker may not know at once the topic that it has just made.
for (let tries = 0; !(await prepare()); tries++) {
  if (tries === 20) throw new Error(`Kafka did not make ${topic}`);
  await sleep(250);
}
await bus.close();

const kafka = kafkaClient(busUrl, 'bench');
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: topic });
let times: number[] = [];
const joined = new EventTarget();
consumer.on(consumer.events.GROUP_JOIN, () => joined.dispatchEvent(new Event('joined')));
await Promise.all([producer.connect(), consumer.connect()]);
await consumer.subscribe({ topic, fromBeginning: true });
const ready = once(joined, 'joined');
await consumer.run({ eachMessage: async ({ message }) => void times.push(Date.now() - Number(message.value)) });
await ready;

async function measure({ perSecond, count }: HopRequest): Promise<number[]> {
  times = [];
  await paced(perSecond, count, async () => void (await producer.send({ topic, acks: -1, messages: [{ value: String(Date.now()) }] })));
  for (let tries = 0; times.length < count && tries < 10; tries++) await sleep(settleMs);
  if (times.length !== count) throw new Error(`Kafka gave ${times.length} of ${count} records back`);
  return times;
}

process.on('message', async (request: HopRequest) => process.send?.(await measure(request)));
process.on('disconnect', () => process.exit(0));
process.send?.([]);
