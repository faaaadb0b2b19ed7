import * as fc from 'fast-check';
import t from 'tap';
import { fairQueue } from '../src/fair-queue.ts';

const everyone = <L, I>(queue: ReturnType<typeof fairQueue<L, I>>): I[] => {
  const order: I[] = [];
  for (let next = queue.next(); next; next = queue.next()) order.push(next.item);
  return order;
};

t.test('lanes take turns, and within a lane who came first goes first', async (t) => {
  const queue = fairQueue<string, string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.add(item.charAt(0), item);
  t.equal(queue.size(), 6);
  t.equal(queue.size('a'), 3);
  t.strictSame(everyone(queue), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  t.equal(queue.size(), 0);
  t.equal(queue.size('a'), 0);
});

t.test('a lane that may not go keeps its place in front', async (t) => {
  const queue = fairQueue<string, string>();
  for (const item of ['a1', 'b1', 'b2']) queue.add(item.charAt(0), item);
  t.equal(queue.next((lane) => lane !== 'a')?.item, 'b1');
  t.equal(
    queue.next(() => false),
    undefined,
  );
  t.strictSame(everyone(queue), ['a1', 'b2']);
});

t.test('those in front of each lane that have waited too long are taken out', async (t) => {
  const queue = fairQueue<string, number>();
  for (const [lane, since] of [
    ['a', 1],
    ['a', 2],
    ['a', 9],
    ['b', 8],
    ['c', 1],
  ] as const)
    queue.add(lane, since);
  const late = queue.takeWhile((since) => since < 5);
  t.strictSame(late, [
    { lane: 'a', item: 1 },
    { lane: 'a', item: 2 },
    { lane: 'c', item: 1 },
  ]);
  t.strictSame(everyone(queue), [9, 8]);
});

t.test(
  'nobody starves: before the k-th of a lane goes, no other lane has gone more than k times since it came; order within a lane is kept',
  async () => {
    const lane = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof({ weight: 3, arbitrary: fc.record({ add: lane }) }, { weight: 2, arbitrary: fc.constant('next' as const) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = fairQueue<string, number>();
        /** Of each lane, who waits, with how often each other lane went since. */
        const model = new Map<string, { item: number; before: number; gone: Map<string, number> }[]>();
        let items = 0;
        const next = (): boolean => {
          const went = queue.next();
          if (!went) return [...model.values()].every((waiting) => waiting.length === 0);
          const first = model.get(went.lane)?.shift();
          if (first?.item !== went.item) return false;
          for (const times of first.gone.values()) if (times > first.before + 1) return false;
          for (const waiting of model.values()) for (const { gone } of waiting) gone.set(went.lane, (gone.get(went.lane) ?? 0) + 1);
          for (const own of model.get(went.lane) ?? []) own.gone.delete(went.lane);
          return true;
        };
        for (const step of steps) {
          if (step === 'next') {
            if (!next()) return false;
            continue;
          }
          const waiting = model.get(step.add) ?? [];
          model.set(step.add, waiting);
          waiting.push({ item: items, before: waiting.length, gone: new Map() });
          queue.add(step.add, items++);
        }
        while (queue.size() > 0) if (!next()) return false;
        return next();
      }),
    );
  },
);
