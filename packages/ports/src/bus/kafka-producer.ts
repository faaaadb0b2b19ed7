import type { Kafka, Producer } from 'kafkajs';
import { BusUnavailable } from './bus.ts';
import type { Append } from './kafka-lanes.ts';

interface Session {
  producer: Promise<Producer>;
  sends: number;
  retired: boolean;
}

/**
 * Sends with an idempotent producer and acks=all; rejects with {@link BusUnavailable} after about 12 s of retries. A producer that failed
 * is never used again: kafkajs takes its sequence number back while the broker may have written the records, and would give the same
 * number to other records, which the broker then takes for repeats and drops. A new producer writes a repeat at worst.
 */
export function kafkaProducer(kafka: Kafka): { send: Append; close(): Promise<void> } {
  let current: Session | undefined;

  function open(): Session {
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 5,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 14 },
    });
    return { producer: producer.connect().then(() => producer), sends: 0, retired: false };
  }

  async function settle(session: Session): Promise<void> {
    if (!session.retired || session.sends > 0) return;
    const producer = await session.producer.catch(() => undefined);
    await producer?.disconnect().catch(() => {});
  }

  async function send(...[topic, partition, records]: Parameters<Append>): Promise<void> {
    current ??= open();
    const session = current;
    session.sends++;
    try {
      const producer = await session.producer;
      const messages = records.map((record) => ({ ...record, partition }));
      const answers = await producer.send({ topic, acks: -1, timeout: 10_000, messages });
      const answer = answers[0];
      if (answers.length !== 1 || answer?.partition !== partition || answer.errorCode !== 0)
        throw new Error(`unexpected answer ${JSON.stringify(answers)}`);
    } catch (error) {
      session.retired = true;
      if (current === session) current = undefined;
      throw new BusUnavailable(`Kafka did not take ${records.length} records for ${topic}/${partition}`, { cause: error });
    } finally {
      session.sends--;
      void settle(session);
    }
  }

  return {
    send,
    async close() {
      const session = current;
      current = undefined;
      const producer = await session?.producer.catch(() => undefined);
      await producer?.disconnect();
    },
  };
}
