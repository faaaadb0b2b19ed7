import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

/**
 * node test/simulation/main.ts --seed N           runs one seed again, exactly, and tells its history
 * node test/simulation/main.ts --from N --seeds M runs M seeds; exits with 1 when one fails
 */
const { values } = parseArgs({ options: { seed: { type: 'string' }, from: { type: 'string' }, seeds: { type: 'string' } } });

if (values.seed !== undefined) {
  const outcome = await simulate(Number(values.seed), {}, (line) => console.log(line));
  console.log(outcome);
  process.exit(outcome.violations.length > 0 ? 1 : 0);
}

const from = Number(values.from ?? 1);
const seeds = Number(values.seeds ?? 100);
let failed = 0;
for (let seed = from; seed < from + seeds; seed++) {
  const { violations } = await simulate(seed);
  if (violations.length === 0) continue;
  failed++;
  console.log(`seed ${seed} FAILED; run it again: node test/simulation/main.ts --seed ${seed}`);
  for (const violation of violations) console.log(`  ${violation}`);
}
console.log(`${seeds - failed} of ${seeds} seeds kept every promise`);
process.exitCode = failed > 0 ? 1 : 0;
