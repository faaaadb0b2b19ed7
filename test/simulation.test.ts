import t from 'tap';
import { brokenWirings } from './simulation/broken-wirings.ts';
import { simulate } from './simulation/simulate.ts';

/** T01: the whole flow as one seeded process. The long tier runs 2,000 seeds; here are the first. */
const seeds = Array.from({ length: 50 }, (_, n) => n + 1);

t.test('T01 M31 in 50 simulated storms nothing acknowledged is lost, nothing takes effect twice, and all agree in the end', async (t) => {
  let effects = 0;
  for (const seed of seeds) {
    const outcome = await simulate(seed);
    t.strictSame(outcome.violations, [], `node test/simulation/main.ts --seed ${seed}`);
    effects += outcome.effects;
  }
  t.ok(effects > 10 * seeds.length, `${effects} effects`);
});

t.test('a seed is one history, another seed another', async (t) => {
  const [first, again, other] = [await simulate(3), await simulate(3), await simulate(4)];
  t.equal(first.digest, again.digest);
  t.not(first.digest, other.digest);
});

t.test('the simulation finds what is broken on purpose', async (t) => {
  for (const { name, finds, wiring } of brokenWirings) {
    let found: string | undefined;
    let tried = 0;
    for (const seed of seeds) {
      if (found) break;
      tried++;
      found = (await simulate(seed, wiring())).violations.find((violation) => finds.test(violation));
    }
    t.ok(found, `${name}, after ${tried} seeds: ${found}`);
  }
});
