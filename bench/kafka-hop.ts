import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaBus } from '@claras/ports/bus/kafka-bus';
import { kafkaClient } from '@claras/ports/bus/kafka-client';
import { systemRuntime as runtime } from '@claras/ports/system-runtime';
import { paced } from './paced.ts';

const settleMs = 2000;

/** Milliseconds from send to receipt through Kafka with nothing but kafkajs (durable: acks of all), at a fixed rate. */
export async function kafkaHop(busUrl: string, perSecond: number, count: number): Promise<number[]> {
  const kafka = kafkaClient(busUrl, 'bench');
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

  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId: topic });
  const times: number[] = [];
  const joined = new EventTarget();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.dispatchEvent(new Event('joined')));
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topic, fromBeginning: true });
  const ready = once(joined, 'joined');
  await consumer.run({
    eachMessage: async ({ message }) => void times.push(Date.now() - Number(message.value)),
  });
  await ready;

  const send = async () => void (await producer.send({ topic, acks: -1, messages: [{ value: String(Date.now()) }] }));
  await paced(perSecond, perSecond, send);
  await sleep(settleMs);
  const warmUp = times.length;
  await paced(perSecond, count, send);
  await sleep(settleMs);
  await Promise.all([producer.disconnect(), consumer.disconnect()]);
  if (times.length !== warmUp + count) throw new Error(`Kafka gave ${times.length - warmUp} of ${count} records back`);
  return times.slice(warmUp);
}
