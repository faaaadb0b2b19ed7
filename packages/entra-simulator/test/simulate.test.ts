import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { simulateCommand } from '../src/command.ts';
import { type CycleName, cycleNames } from '../src/history.ts';
import { dialects } from '../src/intent.ts';
import { type Simulation, simulate } from '../src/simulate.ts';
import { type Faults, scimServer } from './scim-server.ts';

const company = { users: 200, groups: 10, seed: 7, key: 'secret' } as const;

async function edge(t: { teardown(end: () => void): void }, faults?: Faults) {
  const server = await scimServer(faults);
  t.teardown(() => server.close());
  return server;
}

async function playAll(url: string, cycles: readonly CycleName[], options: Partial<Simulation> = {}) {
  const reports = [];
  for (const cycle of cycles) reports.push(await simulate({ ...company, url, cycle, dialect: 'legacy', ...options }));
  return reports;
}

for (const dialect of dialects) {
  t.test(`a good edge passes all cycles in the ${dialect} dialect`, async (t) => {
    const server = await edge(t);
    const reports = await playAll(server.url, [...cycleNames, 'delta', 'initial', 'leave'], { dialect });
    for (const report of reports) t.strictSame([report.failures, report.differences], [[], []], `${report.cycle} is clean`);
    t.strictSame(reports.at(-1)!.played, [...cycleNames, 'delta', 'initial', 'leave'], 'the edge tells which cycles it has seen');
    t.equal(server.userAgents.size, 0, 'no User-Agent is sent');
    t.ok(server.seen.some((line) => line.includes('filter=userName+eq+%22') && line.includes('%40')));
  });
}

t.test('the dialects look like those of Entra', async (t) => {
  const sent = async (dialect: (typeof dialects)[number]) => {
    const server = await edge(t);
    await playAll(server.url, ['initial', 'delta', 'leave'], { dialect });
    return server.seen.filter((line) => line.startsWith('PATCH')).join('\n');
  };
  const [legacy, flagged] = [await sent('legacy'), await sent('flagged')];
  t.match(legacy, '{"op":"Replace","path":"active","value":"False"}');
  t.match(legacy, /\{"op":"Remove","path":"members","value":\[\{"\$ref":null,"value":"id-\d+"\}/);
  t.match(legacy, /\{"op":"Replace","path":"name.familyName","value":"[^"]+"\}/);
  t.match(flagged, '{"op":"replace","path":"active","value":false}');
  t.match(flagged, /\{"op":"remove","path":"members\[value eq \\"id-\d+\\"\]"\}/);
  t.match(flagged, /\{"op":"replace","value":\{"userName":"[^"]+","externalId":"[^"]+","displayName":"[^"]+","name.familyName"/);
  t.notMatch(flagged, /"op":"[A-Z]/);
  t.notMatch(legacy, /"op":"[a-z]/);
});

t.test('the same seed sends the same requests', async (t) => {
  const [first, second, other] = [await edge(t), await edge(t), await edge(t)];
  const cycles = ['initial', 'mess'] as const;
  await playAll(first.url, cycles, { concurrency: 1 });
  await playAll(second.url, cycles, { concurrency: 1 });
  await playAll(other.url, cycles, { concurrency: 1, seed: 8 });
  t.strictSame(first.seen, second.seen);
  t.not(first.seen.length, other.seen.length);
});

t.test('an edge that is busy or cuts connections is survived as Entra survives it', async (t) => {
  for (const faults of [{ failsNowAndThen: true }, { dropsConnections: true }]) {
    const reports = await playAll((await edge(t, faults)).url, cycleNames, { users: 40, groups: 7 });
    for (const report of reports) t.strictSame([report.failures, report.differences], [[], []]);
    t.ok(Object.keys(reports[0]!.retries).length > 0, `retried: ${Object.keys(reports[0]!.retries)}`);
  }
});

t.test('what a bad edge does is found', async (t) => {
  const differences = async (faults: Faults, cycles: CycleName[], dialect: (typeof dialects)[number] = 'legacy') =>
    (await playAll((await edge(t, faults)).url, cycles, { dialect })).at(-1)!;
  const lost = await differences({ losesMembers: true }, ['initial']);
  t.match(lost.differences[0], /^group .*: member .* is missing$/);
  const cleared = await differences({ clearsOnRemove: true }, ['initial', 'delta']);
  t.match(cleared.differences[0], /^group .*: member .* is missing$/);
  t.ok((await differences({ clearsOnRemove: true }, ['initial', 'delta'], 'flagged')).ok, 'which the flag avoids');
  const active = await differences({ keepsLeaversActive: true }, ['initial', 'leave']);
  t.match(active.differences[0], /active is true, was sent as false$/);
  const notFound = await differences({ answers404ForNothing: true }, ['initial']);
  t.match(notFound.failures, [{ kind: 'test connection', reason: /HTTP 404/ }]);
  for (const report of [lost, cleared, active, notFound]) t.notOk(report.ok);
});

t.test('an edge that somebody else changed is noticed', async (t) => {
  const server = await edge(t);
  await playAll(server.url, ['initial']);
  const [removed, retitled] = [...server.stores.Users.keys()];
  server.stores.Users.delete(removed!);
  server.stores.Users.get(retitled!)!.title = 'Somebody else';
  const [report] = await playAll(server.url, ['delta']);
  t.ok(report!.differences.some((line) => line.endsWith('found 0 times')));
  t.ok(report!.differences.some((line) => line.includes('title is "Somebody else"')));
});

t.test('a cycle that was broken off is played again to the same end', async (t) => {
  for (const part of [0.2, 0.5, 0.9]) {
    const server = await edge(t);
    for (const cycle of cycleNames) {
      const stop = new AbortController();
      const onProgress = ({ done, total }: { done: number; total: number }) => done > total * part && stop.abort();
      const broken = playAll(server.url, [cycle], { users: 100, signal: stop.signal, onProgress });
      await t.rejects(broken, { name: 'AbortError' });
      const [report] = await playAll(server.url, [cycle], { users: 100 });
      t.strictSame([report!.failures, report!.differences], [[], []], `${cycle} is clean`);
    }
  }
});

t.test('a wrong key ends the cycle at once, and an edge that is not there after the patience', async (t) => {
  const server = await edge(t);
  const [refused] = await playAll(server.url, ['initial'], { key: 'wrong', after: [] });
  t.match(refused!.failures, [{ reason: 'HTTP 401: no such key' }]);
  t.ok(server.seen.length < 10);
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  const [absent] = await playAll(`http://127.0.0.1:${port}`, ['initial'], { patience: 100 });
  t.match(absent!.failures, [{ reason: /^ECONNREFUSED, for 0.1 s/ }]);
});

t.test('the command', async (t) => {
  const server = await edge(t);
  const keyFile = join(t.testdir(), 'key');
  writeFileSync(keyFile, 'secret\n');
  const run = async (...argv: string[]) => {
    const [stdout, stderr]: [string[], string[]] = [[], []];
    const into = (lines: string[]) => ({ write: (text: string) => lines.push(text), isTTY: true });
    const code = await simulateCommand(argv, { stdout: into(stdout), stderr: into(stderr) });
    return { code, stdout: stdout.join(''), stderr: stderr.join('') };
  };
  const options = ['--url', `${server.url}/?aadOptscim062020`, '--key-file', keyFile, '--users', '300'];

  t.test('prints a report, progress apart, and exits 0', async (t) => {
    const { code, stdout, stderr } = await run('simulate', 'entra', ...options);
    t.equal(code, 0);
    t.match(stdout, /^initial cycle, legacy dialect/);
    t.match(stdout, /\d+ requests in .* requests\/s/);
    t.match(stdout, 'verified 300 users and 10 groups');
    t.match(stdout, '0 failures, 0 differences');
    t.match(stderr, /\r.*: \d+\/\d+, \d+ requests/);
    t.ok(
      server.seen.every((line) => line.includes('?aadOptscim062020')),
      'the query of the Tenant URL is kept',
    );
  });
  t.test('goes on from what the edge has seen, as JSON', async (t) => {
    const { code, stdout } = await run('entra', ...options, '--cycle', 'delta', '--dialect', 'flagged', '--json');
    t.equal(code, 0);
    t.match(JSON.parse(stdout), { cycle: 'delta', played: ['initial', 'delta'], ok: true });
  });
  t.test('exits 1 when the edge is wrong', async (t) => {
    server.stores.Groups.clear();
    t.equal((await run('entra', ...options, '--cycle', 'leave')).code, 1);
  });
  t.test('exits 2 and says what is wrong about its arguments', async (t) => {
    t.match(await run('entra', ...options, '--cycle', 'later'), { code: 2, stderr: /^--cycle: later is none of/ });
    t.match(await run('entra', '--url', 'x'), { code: 2, stderr: /^--url/ });
    t.match(await run('okta', ...options), { code: 2, stderr: /^what to simulate/ });
    t.match(await run('entra', ...options, '--what'), { code: 2, stderr: /--what/ });
    t.match(await run('entra', ...options, '--after', 'delta'), { code: 2, stderr: /begins with the initial cycle/ });
    t.match(await run('--help'), { code: 0, stdout: /^claras-scim simulate entra/ });
  });
});
