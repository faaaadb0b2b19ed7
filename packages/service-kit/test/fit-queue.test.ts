import type { DirectoryEvent } from '@claras/contracts/events';
import t from 'tap';
import { fitQueue } from '../src/fit-queue.ts';

const place = (sequence: number) => ({ tenant: 'acme', id: `acme:${sequence}`, sequence, subject: '', time: '2026-01-01T00:00:00.000Z' });
const event = (sequence: number): DirectoryEvent => ({
  ...place(sequence),
  type: 'user.deleted',
  data: { id: 'ann', userName: 'ann@acme.example' },
});
const snapshot = (sequence: number): DirectoryEvent => ({
  ...place(sequence),
  type: 'snapshot.started',
  data: { provisioning: null, reason: 'a gap', rebuild: false },
});
const sequences = (events: readonly { sequence: number }[]) => events.map(({ sequence }) => sequence);
const seen = ({ kept, newest, replaced, missed }: ReturnType<typeof fitQueue>) => [sequences(kept), sequences(newest), replaced, missed];
const queue = { total: 50_000, restarts: false, newest: [] };

t.test('what a queue has room for is kept', async (t) => {
  t.strictSame(seen(fitQueue([event(7), event(8)], { ...queue, total: 49_998 })), [[7, 8], [], [], 0]);
  t.strictSame(seen(fitQueue([event(7)], { ...queue, restarts: true })), [[7], [], [], 0], 'twice as much with a snapshot in it');
  t.strictSame(seen(fitQueue([event(7), snapshot(8), event(9)], queue)), [[7, 8, 9], [], [], 0]);
  t.strictSame(seen(fitQueue([], { ...queue, total: 50_001 })), [[], [], [], 0]);
});

t.test('of what it has no room for the newest is kept and stands for the others', async (t) => {
  t.strictSame(seen(fitQueue([event(7)], queue)), [[7], [7], [], 0], 'nothing is missing yet');
  t.strictSame(seen(fitQueue([event(8)], { ...queue, newest: [7] })), [[8], [8], [7], 1]);
  t.strictSame(seen(fitQueue([event(9), event(11), event(10)], { ...queue, newest: [8] })), [[11], [11], [8], 3]);
  t.strictSame(seen(fitQueue([event(9)], { ...queue, newest: [11] })), [[9], [9], [], 0], 'what comes again late replaces nothing newer');
});

t.test('a snapshot to begin anew with is always kept, and is never replaced', async (t) => {
  const full = { total: 100_000, restarts: true, newest: [20] };
  t.strictSame(seen(fitQueue([event(21), snapshot(22), event(23), event(24)], full)), [[22, 24], [24], [20], 3]);
  t.strictSame(seen(fitQueue([event(21), snapshot(22)], full)), [[22], [], [20], 2]);
});
