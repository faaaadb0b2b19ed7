import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Runtime } from '@claras/ports/runtime';
import { systemRuntime } from '@claras/ports/system-runtime';
import * as fc from 'fast-check';
import t from 'tap';
import { admission, assured, longestWait, mostInside, mostOfLane, mostWaiting, type Pass } from '../src/admission.ts';

/** A clock that stands until it is told. */
function fakeRuntime() {
  let now = 0;
  const sleepers: (() => void)[] = [];
  const runtime: Runtime = { ...systemRuntime, now: () => now, sleep: () => new Promise((wake) => sleepers.push(wake)) };
  return {
    runtime,
    async advance(ms: number): Promise<void> {
      now += ms;
      for (const wake of sleepers.splice(0)) wake();
      await endOfTurn();
    },
  };
}

function gate() {
  const { runtime, advance } = fakeRuntime();
  const said: string[] = [];
  const enter = admission({ runtime, refused: (lane, isNews) => void said.push(`${lane}${isNews ? ' news' : ''}`) });
  const inside: Record<string, Pass[]> = {};
  const refused: Record<string, number> = {};
  const send = (lane: string, times = 1): void => {
    for (let n = 0; n < times; n++)
      enter(lane, (pass) => {
        if (pass) inside[lane] = [...(inside[lane] ?? []), pass];
        else refused[lane] = (refused[lane] ?? 0) + 1;
      });
  };
  const count = (lane: string): number => inside[lane]?.length ?? 0;
  const leave = (lane: string, times: number): void => {
    for (const pass of inside[lane]?.splice(0, times) ?? []) pass.leave();
  };
  return { send, count, leave, inside, refused, said, advance };
}

t.test('where there is room, a request is let in at once', async (t) => {
  const { send, count } = gate();
  send('a', mostOfLane);
  t.equal(count('a'), mostOfLane);
});

t.test('who has as much under way as one may have waits for itself, and nobody else does', async (t) => {
  const { send, count, leave } = gate();
  send('a', mostOfLane + 500);
  send('b');
  t.equal(count('a'), mostOfLane);
  await endOfTurn();
  t.equal(count('b'), 1, 'in the same turn');
  t.equal(count('a'), mostOfLane);
  leave('a', 3);
  await endOfTurn();
  t.equal(count('a'), mostOfLane, 'three others instead');
});

t.test('where all places are taken, lanes take turns for what comes free', async (t) => {
  const { send, count, leave } = gate();
  for (const lane of ['a', 'b']) send(lane, mostOfLane);
  for (const lane of ['a', 'b']) send(lane, 50);
  for (const lane of ['c', 'd']) send(lane, assured + 2);
  await endOfTurn();
  t.strictSame([count('a'), count('b'), count('c'), count('d')], [mostOfLane, mostOfLane, assured, assured]);
  leave('a', 2 * assured + 3);
  await endOfTurn();
  t.strictSame(
    [count('a'), count('b'), count('c'), count('d')],
    [mostOfLane - 2 * assured - 2, mostOfLane, assured + 1, assured + 1],
    'a, c and d, one each',
  );
});

t.test('who has few under way waits for nobody, though the others have taken all places and keep them', async (t) => {
  const { send, count } = gate();
  for (const lane of ['a', 'b']) send(lane, mostOfLane);
  for (const lane of ['a', 'b']) send(lane, 50);
  for (const lane of ['c', 'd', 'e']) send(lane, assured + 1);
  await endOfTurn();
  t.strictSame(
    ['c', 'd', 'e'].map((lane) => count(lane)),
    [assured, assured, assured],
  );
});

t.test(
  'what is answered at once has its place until the turn of the event loop ends: a flood of what is refused lengthens no turn',
  async (t) => {
    const { send, count, leave } = gate();
    for (let n = 0; n < mostOfLane; n++) {
      send('a');
      leave('a', 1);
    }
    send('a', 5);
    t.equal(count('a'), 0);
    await endOfTurn();
    t.equal(count('a'), 5);
  },
);

t.test('a place is given back once, however often that is told', async (t) => {
  const { send, count, inside } = gate();
  send('a', mostOfLane + 10);
  await endOfTurn();
  const [first] = inside.a as [Pass];
  for (let n = 0; n < 3; n++) first.leave();
  await endOfTurn();
  t.equal(count('a'), mostOfLane + 1);
});

t.test('who comes to a full queue is refused at once, and those before it keep their places', async (t) => {
  const { send, count, refused, said } = gate();
  send('a', mostOfLane + mostWaiting + 2);
  send('b');
  await endOfTurn();
  t.strictSame(refused, { a: 2 });
  t.equal(count('b'), 1);
  t.strictSame(said, ['a news', 'a'], 'told once as news');
});

t.test('who would wait too long is refused, and what waits behind it goes on', async (t) => {
  const { send, count, leave, refused, advance } = gate();
  send('a', mostOfLane + 2);
  await advance(longestWait - 1);
  send('a');
  t.strictSame(refused, {});
  await advance(1);
  t.strictSame(refused, { a: 2 });
  leave('a', 1);
  await endOfTurn();
  t.equal(count('a'), mostOfLane, 'the one that came later has its place');
});

t.test('nobody is lost: each is let in or refused once, whatever comes and goes, and in the end all places are free', async () => {
  const lane = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const step = fc.oneof(
    fc.record({ send: lane, times: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ leave: lane, times: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ advance: fc.integer({ min: 1, max: longestWait }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { runtime, advance } = fakeRuntime();
      const enter = admission({ runtime });
      const inside = new Map<string, Pass[]>();
      /** Of each request: how often it was answered. */
      const answers: number[] = [];
      const all = () => [...inside.values()].reduce((sum, { length }) => sum + length, 0);
      function send(lane: string): void {
        const n = answers.push(0) - 1;
        enter(lane, (pass) => {
          answers[n] = (answers[n] ?? 0) + 1;
          if (!pass) return;
          const own = inside.get(lane) ?? [];
          inside.set(lane, own);
          // Those above the bound of all are the ones assured.
          if (own.length >= mostOfLane || (own.length >= assured && all() >= mostInside)) throw new Error(`${lane} has too many`);
          own.push(pass);
        });
      }
      for (const step of steps) {
        if ('send' in step) for (let n = 0; n < step.times; n++) send(step.send);
        else if ('leave' in step) for (const pass of inside.get(step.leave)?.splice(0, step.times) ?? []) pass.leave();
        else await advance(step.advance);
        await endOfTurn();
      }
      while (all() > 0) {
        for (const passes of inside.values()) for (const pass of passes.splice(0)) pass.leave();
        await endOfTurn();
      }
      if (answers.some((times) => times !== 1)) return false;
      for (let n = 0; n < mostOfLane; n++) send('a');
      return inside.get('a')?.length === mostOfLane;
    }),
    { numRuns: 50 },
  );
});
