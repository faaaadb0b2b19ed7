import { fairQueue } from './fair-queue.ts';

/** Bytes of a body from which on reading it is long work. */
export const longBody = 32 * 1024;

const waiting = fairQueue<string, () => void>();
let isTaken = false;

/**
 * Resolves when it is this tenant's turn for a piece of long work, some milliseconds in which nothing else happens: one piece in each turn of
 * the event loop, and the tenants take turns. Between two pieces all that is short and came meanwhile is done.
 */
export function turnForLongWork(tenant: string): Promise<void> {
  if (isTaken) return new Promise((resolve) => waiting.add(tenant, resolve));
  isTaken = true;
  setImmediate(next);
  return Promise.resolve();
}

function next(): void {
  const turn = waiting.next();
  isTaken = turn !== undefined;
  if (!turn) return;
  setImmediate(next);
  turn.item();
}
