import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fastify } from 'fastify';
import t from 'tap';
import { readConfig } from '../src/config.ts';
import { createHealth } from '../src/health.ts';
import { createLog } from '../src/log.ts';
import { createMetrics } from '../src/metrics.ts';
import { operationsRoutes } from '../src/operations-routes.ts';
import { createProblems } from '../src/problems.ts';

t.test('configuration: an empty environment runs on this machine', async (t) => {
  t.strictSame(readConfig({}), {
    host: '127.0.0.1',
    port: 8080,
    dataDir: './data',
    storeUrl: 'file:./data',
    busUrl: 'file:./data',
    cells: 64,
    coreAppUrl: 'http://127.0.0.1:8082',
    billingUrl: 'ledger:http://127.0.0.1:8083',
    logLevel: 'info',
  });
  t.match(readConfig({ DATA_DIR: '/srv/claras', PORT: '', LOG_LEVEL: 'warn' }), {
    storeUrl: 'file:/srv/claras',
    busUrl: 'file:/srv/claras',
    port: 8080,
    logLevel: 'warn',
  });
  for (const one of ['redis://a', 'redis://u:p,w@a:1/2', 'redis://a:1,b:2', 'rediss://u:p@a:1,b:2,c:3'])
    t.equal(readConfig({ STORE_URL: one, BUS_URL: 'memory:' }).storeUrl, one);
  for (const one of ['kafka+ssl://a:1,b:2', 'kafka+ssl://u:p%40@a:1,b:2', 'kafka+ssl://u:p@a:1?sasl=plain'])
    t.equal(readConfig({ STORE_URL: 'memory:', BUS_URL: one }).busUrl, one);
  const [pepper, former] = ['p'.repeat(16), 'f'.repeat(16)];
  t.strictSame(readConfig({ KEY_PEPPER: pepper }).keyPepper, [pepper]);
  t.strictSame(readConfig({ KEY_PEPPER: `${pepper},${former}` }).keyPepper, [pepper, former]);
  for (const wrong of [`${pepper},short`, `${pepper},`, `${pepper}, ${former}`])
    t.throws(() => readConfig({ KEY_PEPPER: wrong }), /KEY_PEPPER must be/, wrong);
  for (const wrong of ['redis://', 'redis://a,b', 'redis://a:1,b:2/1', 'redis://a:1,', 'redis://a:1, b:2'])
    t.throws(() => readConfig({ STORE_URL: wrong, BUS_URL: 'memory:' }), /STORE_URL must be/, wrong);
  t.match(readConfig({ STORE_URL: 'rediss://r:6380/1', BUS_URL: 'kafka://a:9092,b:9092', PORT: '0', CELLS: '12' }), { port: 0, cells: 12 });
});

t.test('configuration: one line for each fault, and no value of a setting in it', async (t) => {
  const env = {
    PORT: '80a80',
    STORE_URL: 'postgres://user:canary@db',
    BUS_URL: 'kafka://user:canary@a:9092',
    CORE_APP_URL: 'ftp://canary',
    KEY_PEPPER: 'canary',
  };
  try {
    readConfig(env, ['adminToken']);
    t.fail('should refuse');
  } catch (error) {
    const { name, message } = error as Error;
    t.equal(name, 'ConfigError');
    t.notMatch(message, /canary/);
    t.strictSame(
      message
        .split('\n')
        .map((line) => line.split(' must be ')[0])
        .sort(),
      ['ADMIN_TOKEN', 'BUS_URL', 'CORE_APP_URL', 'KEY_PEPPER', 'PORT', 'STORE_URL'],
    );
  }
});

t.test('log: keys and e-mail addresses are in no part of a line', async (t) => {
  const written: string[] = [];
  const log = createLog('test', { logLevel: 'info' }, { write: (line) => written.push(line) });
  const key = `claras_scim_0123456789A_${'s'.repeat(49)}`;
  const address = 'canary.müller+x@mail.example.co.uk';
  const cause = new Error(`inner ${address}`, { cause: key });

  log.info(`message ${key} ${address}`);
  log.error({ err: new Error(`outer ${key} ${address}`, { cause }) }, 'failed');
  log.warn({ url: `/Users?filter=userName%20eq%20%22${encodeURIComponent(address)}%22`, [address]: 1, deep: { er: [key] } }, 'odd places');
  log.warn(
    { authorization: `Bearer ${'canary-token'}`, user: { userName: 'canary', emails: 1 }, a: { b: { displayName: 'canary' } } },
    'fields',
  );
  log.child({ who: address }).info('child');

  const lines = written.join('');
  t.notMatch(lines, /canary|müller|example|ssss|0123456789A/);
  t.equal(
    lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)).length,
    5,
    'lines are JSON still',
  );
  t.match(lines, /"msg":"message \[key\] \[e-mail\]"/);
});

t.test('log: a line that looks like an address for long does not take long', async (t) => {
  const written: string[] = [];
  const log = createLog('test', { logLevel: 'info' }, { write: (line) => written.push(line) });
  // Of this process, whatever else the machine does.
  const before = process.cpuUsage();
  log.info('a.'.repeat(250_000));
  log.info(`${'a'.repeat(250_000)}@`);
  t.equal(written.length, 2);
  t.ok(process.cpuUsage(before).user < 2_000_000, 'bounded work');
});

t.test('operations: livez, health with its report, and metrics', async (t) => {
  const metrics = createMetrics('test');
  const health = createHealth();
  const app = fastify();
  await app.register(operationsRoutes({ metrics, health }));
  metrics.counter('claras_test_total', 'A test', ['kind']).inc({ kind: 'a' });
  metrics.counter('claras_test_total', 'A test', ['kind']).inc({ kind: 'a' });

  t.strictSame((await app.inject('/health')).json(), { ok: true, needsSomebody: false, checks: {} });
  const problems = createProblems(health, 'archiver');
  problems.set('a', 'waiting: CoreAppUnavailable');
  problems.set('b', 'waiting: CoreAppUnavailable');
  const sick = await app.inject('/health');
  t.equal(sick.statusCode, 503);
  t.strictSame(sick.json(), {
    ok: false,
    needsSomebody: false,
    checks: { archiver: { ok: false, detail: 'waiting: CoreAppUnavailable' } },
  });
  t.equal((await app.inject('/livez')).statusCode, 200, 'a process that waits is alive');

  const { body, headers } = await app.inject('/metrics');
  t.match(headers['content-type'], /^text\/plain/);
  t.match(body, /claras_test_total\{kind="a",service="test"\} 2/, 'asked twice, one metric');
  t.ok(body.includes(`claras_build_info{version="0.1.0",node="${process.versions.node}",service="test"} 1`));
  t.match(body, /claras_dependency_up\{dep="archiver",service="test"\} 0/);
  problems.clear('a');
  problems.clear('b');
  t.equal((await app.inject('/health')).statusCode, 200);
});

t.test('what needs somebody is told on /health and fails no probe: the process works', async (t) => {
  const [metrics, health] = [createMetrics('test'), createHealth()];
  const app = fastify();
  await app.register(operationsRoutes({ metrics, health }));
  const problems = createProblems(health, 'archiver');
  problems.needSomebody('parked', 'records are parked');
  const told = await app.inject('/health');
  t.equal(told.statusCode, 200);
  t.strictSame(told.json(), {
    ok: true,
    needsSomebody: true,
    checks: { archiver: { ok: true, needsSomebody: true, detail: 'records are parked' } },
  });
  const { body } = await app.inject('/metrics');
  t.match(body, /claras_dependency_up\{dep="archiver",service="test"\} 1/);
  t.match(body, /claras_needs_somebody\{dep="archiver",service="test"\} 1/);

  problems.set('a', 'waiting: CoreAppUnavailable');
  const both = await app.inject('/health');
  t.equal(both.statusCode, 503);
  t.match(both.json(), {
    ok: false,
    needsSomebody: true,
    checks: { archiver: { detail: 'records are parked; waiting: CoreAppUnavailable' } },
  });
  problems.clear('a');
  problems.clear('parked');
  t.strictSame((await app.inject('/health')).json(), { ok: true, needsSomebody: false, checks: { archiver: { ok: true } } });
  t.match((await app.inject('/metrics')).body, /claras_needs_somebody\{dep="archiver",service="test"\} 0/);
});

const root = join(import.meta.dirname, '..');
/** A process with `env`, started by the function whose text is `how`. */
function start(how: string, env: Record<string, string> = {}) {
  const code = `import { run } from ${JSON.stringify(join(root, 'src/run.ts'))};
    const alive = setInterval(() => {}, 1000);
    await run(process.env, 'claras', ${how});`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], { env: { PATH: process.env.PATH, ...env } });
  const seen = { out: '', err: '' };
  child.stdout.on('data', (data) => {
    seen.out += data;
  });
  child.stderr.on('data', (data) => {
    seen.err += data;
  });
  const exit = once(child, 'close').then(([code]) => code as number);
  return { child, seen, exit };
}

t.test('run: closes once on SIGTERM, then ends with 0', async (t) => {
  const { child, seen, exit } = start(`async () => ({ close: async () => process.stdout.write('closed\\n') })`);
  child.stdout.on('data', () => {
    if (seen.out.includes('"started"')) child.kill('SIGTERM');
  });
  t.equal(await exit, 0);
  t.equal(seen.out.split('closed').length, 2);
});

t.test('run: LOG_LEVEL counts for what it says itself, too', async (t) => {
  const how = `async ({ log }) => { log.info('low'); log.warn('high'); setImmediate(() => process.kill(process.pid, 'SIGTERM')); return { close: async () => {} }; }`;
  const { seen, exit } = start(how, { LOG_LEVEL: 'warn' });
  t.equal(await exit, 0);
  t.match(
    seen.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [{ name: 'claras', msg: 'high' }],
  );
  t.notMatch(seen.out, /started|stopp/);
});

t.test('run: a wrong environment is said in plain lines, what nobody caught in the log; both end with 1', async (t) => {
  const config = start('async () => ({ close: async () => {} })', { PORT: 'x' });
  t.equal(await config.exit, 1);
  t.equal(config.seen.err, 'claras cannot start:\n  PORT must be a port number from 0 to 65535 (0: any free one)\n');

  const fault = start(
    `async () => { queueMicrotask(() => { throw new Error('bang anna@acme.com'); }); return { close: async () => {} }; }`,
  );
  t.equal(await fault.exit, 1);
  t.match(fault.seen.out, /"level":60.*bang \[e-mail\]/);
});
