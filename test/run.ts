import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { kafkaUrl, startKafka, stopKafka } from '../deploy/native/kafka.ts';
import { Fault } from '../deploy/native/processes.ts';
import { redisUrl, startRedis, stopRedis } from '../deploy/native/redis.ts';
import { countTap } from './tap-count.ts';

/**
 * npm test: lint, types, then every test, with one Redis and one Kafka of its own where their programs are found.
 * npm run test:long: the files under test/long only. REQUIRE_REAL=1: a missing Redis or Kafka is a failure.
 */
const root = resolve(import.meta.dirname, '..');
const long = process.argv.includes('--long');
const bin = (name: string): string => join(root, 'node_modules/.bin', name);
const tally = { passed: 0, failed: 0 };

function run(program: string, argv: string[], env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const child = spawn(bin(program), argv, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code === 0)));
}

async function check(program: string, argv: string[]): Promise<void> {
  const passed = await run(program, argv);
  console.log(`${passed ? 'ok' : 'FAILED'}: ${program} ${argv.join(' ')}`);
  tally[passed ? 'passed' : 'failed']++;
}

const stops: (() => Promise<void>)[] = [];

/** Starts a real component; where that cannot be, says so and what to do. */
async function provide(variable: string, start: () => Promise<{ url: string; stop(): Promise<void> }>): Promise<Record<string, string>> {
  try {
    const { url, stop } = await start();
    stops.push(stop);
    return { [variable]: url };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    console.log(`\n${'!'.repeat(80)}\nSKIPPED: the tests that need ${variable}: ${error.message}\n${'!'.repeat(80)}\n`);
    if (process.env.REQUIRE_REAL === '1') tally.failed++;
    return {};
  }
}

const real = (dir: string) =>
  Promise.all([
    provide('TEST_REDIS_URL', async () => {
      const state = await startRedis(join(dir, 'redis'));
      return { url: redisUrl(state), stop: () => stopRedis(state, 0) };
    }),
    provide('TEST_KAFKA_URL', async () => {
      const state = await startKafka(join(dir, 'kafka'), 1);
      return { url: kafkaUrl(state), stop: () => stopKafka(state, 0) };
    }),
  ]);

/** What failed, with the lines behind it that say why: where nobody watches, tap's reporter says too little. */
function failures(tap: string): string {
  const lines = tap.split('\n');
  return lines.flatMap((line, at) => (/^ *not ok/.test(line) ? [...lines.slice(at, at + 25), ''] : [])).join('\n');
}

async function tests(dir: string): Promise<void> {
  const results = join(dir, 'results.tap');
  const files = long ? globSync('test/long/*.test.ts', { cwd: root }) : [];
  if (long && files.length === 0) return;
  const reporter = process.stdout.isTTY ? 'terse' : 'min';
  const options = [`--reporter=${reporter}`, `--output-file=${results}`, ...(long ? ['--timeout=1800', '--jobs=1'] : [])];
  const env = Object.assign({ ...process.env }, ...(await real(dir)));
  const passed = await run('tap', ['run', ...options, ...files], env);
  const tap = readFileSync(results, 'utf8');
  if (!passed) console.log(failures(tap));
  const count = countTap(tap);
  tally.passed += count.passed;
  tally.failed += count.failed;
  if (!passed && count.failed === 0) tally.failed++;
}

async function main(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'claras-test-'));
  const clean = async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
    rmSync(dir, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => clean().then(() => process.exit(130)));
  try {
    if (!long) {
      await check('biome', ['ci']);
      await check('tsc', ['-p', '.']);
      await check('tsc', ['-p', 'services/console/web']);
    }
    await tests(dir);
  } finally {
    await clean();
  }
  console.log(`\n${tally.passed} passed, ${tally.failed} failed`); // on a line of its own: tap ends with an escape sequence;
  process.exitCode = tally.failed > 0 ? 1 : 0;
}

await main();
