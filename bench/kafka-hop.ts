import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

export interface HopRequest {
  perSecond: number;
  count: number;
}

/**
 * Milliseconds from send to receipt through Kafka with nothing but kafkajs, at a fixed rate: what any service on this Kafka and this machine
 * would take for one hop. In a process of its own, so that the load beside it does not delay it within one.
 */
export async function kafkaHop(busUrl: string): Promise<{ measure(request: HopRequest): Promise<number[]>; close(): void }> {
  const child = fork(resolve(import.meta.dirname, 'kafka-hop-process.ts'), [busUrl]);
  await answer(child);
  return {
    measure(request) {
      child.send(request);
      return answer(child);
    },
    close: () => child.disconnect(),
  };
}

async function answer(child: ChildProcess): Promise<number[]> {
  const ended = new AbortController();
  const died = once(child, 'exit', { signal: ended.signal }).then(() => Promise.reject(new Error('the bare hop ended')));
  died.catch(() => {});
  try {
    const [times] = (await Promise.race([once(child, 'message'), died])) as [number[]];
    return times;
  } finally {
    ended.abort();
  }
}
