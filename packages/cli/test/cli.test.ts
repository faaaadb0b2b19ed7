import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { consoleServer } from '@claras/console/console-server';
import type { TeamPage } from '@claras/contracts/core-app';
import type { Profile } from '@claras/contracts/events';
import { audit } from '@claras/directory/audit';
import { groups } from '@claras/directory/groups';
import { users } from '@claras/directory/users';
import { alarms } from '@claras/service-kit/alarms';
import { createHealth } from '@claras/service-kit/health';
import { createMetrics } from '@claras/service-kit/metrics';
import { operationsRoutes } from '@claras/service-kit/operations-routes';
import t from 'tap';
import { consoleUnderTest } from '../../../services/console/test/console-under-test.ts';
import { clarasScim } from '../src/claras-scim.ts';
import { commands } from '../src/commands.ts';

const main = resolve(import.meta.dirname, '../src/main.ts');

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}
/** In this process: starting one for each of a hundred calls takes minutes where the machine is busy. */
async function run(argv: string[], env: Record<string, string>): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await clarasScim(argv, env, { stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}
const runProgram = (argv: string[], env: Record<string, string>): Promise<Ran> =>
  new Promise((done) => {
    execFile(process.execPath, [main, ...argv], { env }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

const { parts, tenants, providers } = await consoleUnderTest();
const health = createHealth();
const server = consoleServer(parts);
server.register(operationsRoutes({ metrics: createMetrics('console'), health }));
const api = await server.listen({ host: '127.0.0.1', port: 0 });
t.teardown(() => server.close());

const cli = (...argv: string[]) => run(argv, { CLARAS_API: api, CLARAS_ADMIN_TOKEN: parts.adminToken });
const done = async (...argv: string[]): Promise<string> => {
  const { code, stdout, stderr } = await cli(...argv);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${code} ${stderr}`);
  return stdout;
};
const peopleOf = async (tenant: string): Promise<Profile[]> => JSON.parse(await done('team', 'list', '--tenant', tenant, '--json'));

t.test('tenant create prints the id alone, and the next step beside it', async (t) => {
  const { code, stdout, stderr } = await cli('tenant', 'create', 'Hill & Sons', '--domain', 'hill.example', '--domain', 'sons.example');
  t.strictSame([code, stdout], [0, 'hill-sons\n']);
  t.match(stderr, /claras-scim key create --tenant hill-sons/);
  t.match(await providers.list('hill-sons'), [{ name: 'Entra', scim: true, domains: ['hill.example', 'sons.example'] }]);
  const again = await cli('tenant', 'create', 'Hill & Sons');
  t.match([again.code, again.stderr], [1, /^claras-scim: There is a tenant hill-sons already/]);
  t.equal(await done('tenant', 'create', 'Plain', '--no-scim'), 'plain\n');
  t.strictSame(await providers.list('plain'), []);
  t.match(JSON.parse(await done('tenant', 'list', '--json')), [{ id: 'hill-sons' }, { id: 'plain' }]);
});

t.test('S31 tenant erase asks for the tenant’s name, says for whom it waits, and no key works behind it', async (t) => {
  await tenants.create({ name: 'Leaving Ltd', scim: true });
  const key = (await done('key', 'create', '--tenant', 'leaving-ltd', '--name', 'Entra', '--scope', 'scim.full')).trimEnd();
  const erase = (...more: string[]) => cli('tenant', 'erase', '--tenant', 'leaving-ltd', ...more);
  const refusals = [
    [[], /nothing was erased: .* --confirm "Leaving Ltd"/],
    [['--confirm', 'Leaving'], /This is not the name of the tenant/],
    [['--status'], /This tenant was not erased/],
  ] as const;
  for (const [more, said] of refusals) t.match(await erase(...more), { code: 1, stderr: said });
  t.match(await parts.keys.verify(key), { ok: true });
  t.match(await erase('--confirm', 'Leaving Ltd'), { code: 0, stdout: /^leaving-ltd is being erased; waiting for core-app, profile-sync/ });
  t.match(await parts.keys.verify(key), { ok: false, reason: 'unknown' });
  t.match(JSON.parse((await erase('--status', '--json')).stdout), { by: 'operator', entry: { action: 'tenant.erased', details: {} } });
  t.match(await cli('team', 'list', '--tenant', 'leaving-ltd'), { code: 1, stderr: /There is no such tenant/ });
  t.match(await cli('tenant', 'create', 'Leaving Ltd'), { code: 1, stderr: /was one that was erased/ });
  t.match(await cli('tenant', 'erase', '--tenant', 'nobody', '--confirm', 'Nobody'), { code: 1, stderr: /There is no such tenant/ });
});

t.test('M13 key create prints the value alone, once', async (t) => {
  await tenants.create({ name: 'Keys', scim: true });
  const { code, stdout, stderr } = await cli('key', 'create', '--tenant', 'keys', '--name', 'Entra', '--scope', 'scim.full');
  t.equal(code, 0);
  const value = stdout.trimEnd();
  t.match(await parts.keys.verify(value), { ok: true, tenant: 'keys', scopes: ['scim.full'] });
  t.match(stderr, /only time/);
  t.notMatch(stderr, value);
  const listed = await done('key', 'list', '--tenant', 'keys');
  t.match(listed, /Entra +scim\.full +claras_scim_\w{4}… .*in force/);
  t.notMatch(listed, value);
  const both = JSON.parse(
    await done('key', 'create', '--tenant', 'keys', '--name', 'Both', '--scope', 'scim.full', '--scope', 'rest.full', '--json'),
  );
  t.match(both, { scopes: ['scim.full', 'rest.full'], value: /^claras_full_/ });
  await done('key', 'revoke', both.id, '--tenant', 'keys');
  t.match(await parts.keys.verify(both.value), { ok: false, reason: 'revoked' });
});

t.test('a schema extension is registered from a file, listed, and forgotten', async (t) => {
  await tenants.create({ name: 'Schemas', scim: true });
  const file = join(t.testdir(), 'advice.json');
  const schema = {
    id: 'urn:example:advice:2.0:User',
    name: 'Advice',
    attributes: [{ name: 'licence', required: false, uniqueness: 'none' }],
  };
  writeFileSync(file, JSON.stringify({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'], ...schema }));
  t.equal(await done('schema', 'put', file, '--tenant', 'schemas', '--for', 'User'), 'urn:example:advice:2.0:User\n');
  t.match(await done('schema', 'list', '--tenant', 'schemas'), /urn:example:advice:2\.0:User +User +licence/);
  writeFileSync(file, JSON.stringify({ ...schema, id: 'urn:ietf:params:scim:schemas:core:2.0:User' }));
  const refused = await cli('schema', 'put', file, '--tenant', 'schemas', '--for', 'User');
  t.match([refused.code, refused.stderr], [1, /does not begin with urn:ietf:/]);
  t.match(await cli('schema', 'put', `${file}.not`, '--tenant', 'schemas', '--for', 'User'), { code: 1, stderr: /can’t be read as JSON/ });
  t.match(await cli('schema', 'put', file, '--tenant', 'schemas', '--for', 'Boat'), { code: 2 });
  await done('schema', 'remove', 'urn:example:advice:2.0:User', '--tenant', 'schemas');
  t.strictSame(JSON.parse(await done('schema', 'list', '--tenant', 'schemas', '--json')), []);
});

t.test('audit verify follows the chain, and says where it was cut, changed or rewritten', async (t) => {
  const { id } = await tenants.create({ name: 'Audited', scim: true });
  await done('key', 'create', '--tenant', id, '--name', 'Entra', '--scope', 'scim.full');
  await done('mapping', 'set', '--tenant', id, '--role', 'manager', '--group', 'Leads');
  await done('scim', 'off', '--tenant', id);
  const list = await done('audit', 'list', '--tenant', id);
  t.match(
    list,
    /4 .*operator +scim\.disabled.*\n.*3 .*mapping\.saved.*"manager":\["Leads"\].*\n.*2 .*key\.created.*\n.*1 .*provider\.added/,
  );
  t.notMatch(list, /claras_scim_/, 'no part of a key');
  const { head, entries } = JSON.parse(await done('audit', 'verify', '--tenant', id, '--json'));
  t.equal(entries, 4);
  await done('scim', 'on', '--tenant', id);
  t.match(await done('audit', 'verify', '--tenant', id, `--head=${head}`), /^5 entries, the chain is whole/);

  t.match(await cli('audit', 'verify', '--tenant', id, '--head=-a-hash-may-begin-so'), { code: 1 }, 'as the command line says it');

  const scope = `edge/${id}` as const;
  const keyOf = (number: number) => `audit:${String(number).padStart(12, '0')}`;
  const numbers = [1, 2, 3, 4, 5];
  const kept = await parts.store.read<Record<string, unknown>>(scope, [...numbers.map(keyOf), 'audit']);
  let changes = 0;
  const write = (change: object) => parts.store.commit(scope, { id: `tamper${changes++}`, time: 1, ...change });
  const restore = () => write({ put: Object.fromEntries([...numbers.map(keyOf), 'audit'].map((key, n) => [key, kept[n]?.value])) });
  const verify = async () => (await cli('audit', 'verify', '--tenant', id, `--head=${head}`)).stderr;
  await write({ put: { [keyOf(3)]: { ...kept[2]?.value, by: 'key:other' } } });
  t.match(await verify(), /broken at entry 3/);
  await restore();
  await write({ remove: [keyOf(2)] });
  t.match(await verify(), /broken at entry 2/);
  await restore();
  await write({ put: { audit: { number: 3, hash: kept[2]?.value.hash } } });
  t.match(await verify(), /entries behind it were removed/);
  await restore();
  t.match(await done('audit', 'verify', '--tenant', id, `--head=${head}`), /whole/);
});

t.test('log and recheck say so where nothing has happened yet', async (t) => {
  const { id } = await tenants.create({ name: 'Silent', scim: true });
  t.equal(await done('log', '--tenant', id), 'nothing yet\n');
  t.equal(await done('recheck', '--tenant', id, '--watch'), 'no mapping was saved yet\n');
  t.match(await cli('log', '--tenant', id, '--limit', '9999'), { code: 1, stderr: /Correct this/ });
});

t.test('provider set switches how a replacement of members is read, and says the domains anew', async (t) => {
  const { id } = await tenants.create({ name: 'Members', scim: true });
  t.match(await done('provider', 'set', '--tenant', id, '--additive-members', 'on'), /on for Entra/);
  t.match(await providers.list(id), [{ additiveMembers: true, scim: true }]);
  t.match(await cli('provider', 'set', '--tenant', id, '--additive-members', 'maybe'), { code: 2 });
  t.match(await done('provider', 'set', '--tenant', id, '--domain', 'A.example', '--domain', 'b.example'), /a\.example, b\.example/);
  t.match(await providers.list(id), [{ additiveMembers: true, domains: ['a.example', 'b.example'] }]);
  t.match(await cli('provider', 'set', '--tenant', id), { code: 2 });
});

t.test('federation set, show and remove say whom in Entra a tenant trusts', async (t) => {
  const { id } = await tenants.create({ name: 'Trusting', scim: true });
  const [entraTenant, application] = ['ce5f061f-abe6-4e40-9615-301f87bcb7f0', 'b5ba7a93-4452-4522-aeb4-a2b5da870c16'];
  const set = ['federation', 'set', '--tenant', id, '--entra-tenant', entraTenant];
  t.match(await cli(...set), { code: 2 });
  t.match(await cli(...set, '--application', 'x'), { code: 1 });
  t.match(await cli(...set, '--application', application), { code: 0, stdout: /any +api:\/\/b5ba7a93/, stderr: /Client ID is trusting/ });
  t.match(await done('federation', 'show', '--tenant', id), new RegExp(`${entraTenant} +${application}`));
  await done('federation', 'remove', '--tenant', id);
  t.match(await done('federation', 'show', '--tenant', id), /Entra trusts no application/);
});

t.test('M4 scim on for a second provider names the first', async (t) => {
  await tenants.create({ name: 'Switch', scim: true });
  const id = (await done('provider', 'add', 'Okta', '--tenant', 'switch', '--protocol', 'oidc', '--domain', 'okta.example')).trim();
  const refused = await cli('scim', 'on', '--tenant', 'switch', '--provider', id);
  t.match([refused.code, refused.stderr], [1, /SCIM is on for "Entra"/]);
  t.match(await done('scim', 'off', '--tenant', 'switch'), /off for Entra/);
  const unclear = await cli('scim', 'on', '--tenant', 'switch');
  t.match([unclear.code, unclear.stderr], [1, /--provider.*Entra, Okta/]);
  t.match(await done('scim', 'on', '--tenant', 'switch', '--provider', 'Okta'), /on for Okta/);
  t.match(await done('provider', 'list', '--tenant', 'switch'), /Okta +oidc +okta\.example +on +0 ok \/ 0 refused/);
});

t.test('provider remove takes a provider by its name, once its SCIM is off', async (t) => {
  await tenants.create({ name: 'Removing', scim: true });
  const remove = ['provider', 'remove', 'Entra', '--tenant', 'removing'];
  t.match(await cli(...remove), { code: 1, stderr: /SCIM is on for "Entra"; turn it off first/ });
  await done('scim', 'off', '--tenant', 'removing');
  t.match(await cli('provider', 'remove', '--tenant', 'removing'), { code: 2 }, 'which one is said');
  t.match(await cli('provider', 'remove', 'Okta', '--tenant', 'removing'), { code: 1, stderr: /which provider\?.*Entra/ });
  t.match(await cli(...remove), { code: 0, stderr: /Entra is removed/ });
  t.strictSame(await providers.list('removing'), []);
});

t.test('M6 mapping set says the groups of one role and leaves the others', async (t) => {
  await tenants.create({ name: 'Map', scim: true });
  const set = (...argv: string[]) => done('mapping', 'set', '--tenant', 'map', ...argv);
  await set('--role', 'manager', '--group', 'Leads', '--group', 'Heads, all');
  await set('--role', 'owner', '--group', 'Board');
  const shown = JSON.parse(await done('mapping', 'show', '--tenant', 'map', '--json'));
  t.strictSame(shown.mapping, { owner: ['Board'], manager: ['Leads', 'Heads, all'] });
  await set('--role', 'owner');
  t.match(
    await done('mapping', 'show', '--tenant', 'map'),
    /^ROLE +GROUPS\nowner +-\nmanager +Leads, Heads, all\nadviser +-\nassistant +-\n$/,
  );
  t.match(await done('mapping', 'preview', '--tenant', 'map', '--role', 'owner', '--group', 'Leads'), /^0 profiles: 0 change/);
  t.strictSame(JSON.parse(await done('mapping', 'show', '--tenant', 'map', '--json')).mapping.owner, [], 'a preview saves nothing');
  t.equal((await cli('mapping', 'set', '--tenant', 'map', '--role', 'boss')).code, 2);
});

t.test('team list shows everyone, page after page, and obeys nobody’s control characters', async (t) => {
  await tenants.create({ name: 'Crowd' });
  for (let n = 0; n < 1001; n++)
    await parts.team.create('crowd', { email: `p${n}@crowd.example`, displayName: `\u001b[2JP ${n}`, role: 'adviser' });
  const people = await peopleOf('crowd');
  t.equal(new Set(people.map(({ id }) => id)).size, 1001);
  const text = await done('team', 'list', '--tenant', 'crowd');
  t.equal(text.trimEnd().split('\n').length, 1002);
  t.match(text, /^PROFILE +NAME +ROLE +STATUS +ID\np0@crowd\.example +�\[2JP 0 +adviser +active +p\d+\n/);
  t.notOk(text.includes('\u001b'));
});

t.test('M11 roles and access by hand, of a profile named by its e-mail or its id', async (t) => {
  await tenants.create({ name: 'Hand' });
  const ann = await parts.team.create('hand', { email: 'ann@hand.example', displayName: 'Ann', role: 'owner' });
  await parts.team.create('hand', { email: 'bob@hand.example', displayName: 'Bob', role: 'adviser' });
  const hand = (...argv: string[]) => cli('team', ...argv, '--tenant', 'hand');
  const last = await hand('archive', 'Ann@Hand.example');
  t.match([last.code, last.stderr], [1, /last active owner/]);
  t.match(await hand('role', 'bob@hand.example', 'owner'), { code: 0, stdout: 'bob@hand.example is owner, active\n' });
  t.match(await hand('archive', ann.id), { code: 0, stdout: 'ann@hand.example is owner, archived\n' });
  t.equal(await done('seats', '--tenant', 'hand'), 'active 1\nbilled never\n');
  t.match(await hand('restore', ann.id), { code: 0, stdout: /active/ });
  t.match(await hand('role', 'eve@hand.example', 'owner'), { code: 1, stderr: /nobody .* has that address/ });
  t.equal((await hand('role', ann.id, 'boss')).code, 2);
  t.match(await peopleOf('hand'), [{ role: 'owner' }, { role: 'owner' }] satisfies Partial<TeamPage['profiles'][number]>[]);
});

t.test('user explain-role says which group gives a role by which row, which ones lose, and who set it by hand', async (t) => {
  const tenant = 'why';
  await tenants.create({ name: tenant, scim: true });
  const ann = await parts.team.create(tenant, { email: 'ann@why.example', displayName: 'Ann', role: 'manager' });
  const explain = (...argv: string[]) => cli('user', 'explain-role', ...argv, '--tenant', tenant);
  t.match(await explain('ann@why.example'), {
    code: 0,
    stdout: 'ann@why.example is manager: it was manager before anything was noted; no group gives a role\n',
  });
  const user = await users(parts).create(tenant, { userName: 'ann@why.example' });
  const { list } = parts.team;
  parts.team.list = async (...of) => {
    const page = await list(...of);
    return { ...page, profiles: page.profiles.map((profile) => (profile.id === ann.id ? { ...profile, scimId: user.id } : profile)) };
  };
  t.teardown(() => {
    parts.team.list = list;
  });
  for (const displayName of ['Everyone', 'Sales', 'Leads']) await groups(parts).create(tenant, { displayName }, [user.id]);
  await done('mapping', 'set', '--tenant', tenant, '--role', 'manager', '--group', 'leads');
  await done('mapping', 'set', '--tenant', tenant, '--role', 'adviser', '--group', 'Sales');
  t.match(
    await done('user', 'explain-role', ann.id, '--tenant', tenant),
    /^ann@why\.example is manager: the group Leads gives it\nGROUP +ROW +DOES\nLeads +manager +wins\nSales +adviser +loses\nEveryone +- +is in no row/,
  );
  await done('scim', 'off', '--tenant', tenant);
  await audit(parts).tellOfTeam(
    tenant,
    [{ by: 'profile:bo', action: 'role.changed', subject: `Profiles/${ann.id}`, details: { to: 'manager' }, sequence: 1 }],
    { from: 1, through: 1 },
  );
  t.match(
    await done('user', 'explain-role', ann.id, '--tenant', tenant),
    /set by hand\nSCIM is off: no role mapping counts\.\n(?:.*\n)*last changed 20\S+ to manager by profile:bo\n$/,
  );
  t.match(JSON.parse(await done('user', 'explain-role', ann.id, '--tenant', tenant, '--json')), { role: 'manager', reason: 'hand' });
  t.match(await explain('nobody'), { code: 1, stderr: /There is no such profile/ });
});

t.test('lag and health are told, and health has its exit code', async (t) => {
  t.match(
    await done('lag'),
    /^0 wait, 0.0 s\nGROUP +TOPIC +PARTITION +MESSAGES +SECONDS\nprofile-sync +claras\.directory\.v1 +all +0 +0\.0\n/,
  );
  t.match(JSON.parse(await done('lag', '--json')), { messages: 0 });
  t.equal((await run(['health', '--api', api], {})).code, 0, 'without a token');
  health.set('store', { ok: false, detail: 'does not answer' });
  t.match(await cli('health'), { code: 1, stdout: /^not ok\n.*\nstore +waits +does not answer\n/ });
  health.set('store', { ok: true, needsSomebody: true, detail: 'see the runbook' });
  t.match(await cli('health'), {
    ...{ code: 1, stdout: /^needs somebody\n.*\nstore +needs somebody +see the runbook\n/, stderr: /docs\/runbook\.md/ },
  });
  health.set('store', { ok: true });
  t.match(await cli('health'), { code: 0, stdout: /^ok\n/ });
});

t.test('alarms are listed with their tenant', async (t) => {
  await alarms(parts).raise({ consumer: 'archiver', tenant: 'acme', kind: 'queue-full' }, 'something is missing');
  t.match(await done('alarms'), /^SINCE +TENANT +CONSUMER +KIND +DETAIL\n\S+ +acme +archiver +queue-full +something is missing\n/);
});

t.test('a consumer is paused and resumed, and lag says so', async (t) => {
  t.match(await done('consumers', 'pause', 'archiver'), /^archiver paused by operator since \d{4}-/);
  t.match(await done('consumers'), /^archiver +0 +0\.0 +paused by operator since \S+ +paused by operator at \S+$/m);
  t.match(await done('lag'), /^archiver \(paused\) +claras\.directory\.v1 +all/m);
  t.equal(await done('consumers', 'resume', 'archiver'), 'archiver runs\n');
  t.match(await cli('consumers', 'pause', 'nobody'), { code: 1, stderr: /no such consumer/ });
});

t.test('the token is never an argument: it comes from the environment or from the data folder', async (t) => {
  const folder = mkdtempSync(join(t.testdir(), 'data-'));
  writeFileSync(join(folder, 'admin-token'), `${parts.adminToken}\n`);
  t.equal((await runProgram(['tenant', 'list', '--api', api], { DATA_DIR: folder })).code, 0);
  t.match(await run(['tenant', 'list', '--api', api], { DATA_DIR: '/nowhere' }), { code: 1, stderr: /npm start writes it/ });
  t.match(await run(['tenant', 'list'], { CLARAS_API: api, CLARAS_ADMIN_TOKEN: 'wrong' }), {
    code: 1,
    stdout: '',
    stderr: /neither an API key nor/,
  });
  t.notOk(
    commands.some((command) => 'options' in command && Object.keys(command.options ?? {}).some((name) => /token|secret|value/.test(name))),
  );
});

t.test(
  'config check says each variable that is wrong and whom it stops, by the code that a process starts with, and no value',
  async (t) => {
    const secret = 'canary-canary-canary';
    const tokens = { ADMIN_TOKEN: secret, CORE_APP_TOKEN: secret, BILLING_TOKEN: secret, KEY_PEPPER: secret };
    const check = (env: Record<string, string>, ...argv: string[]) => run(['config', 'check', ...argv], env);
    const right = await check(tokens);
    t.match(right, { code: 0, stderr: '' });
    t.match(right.stdout, /^VARIABLE +IS +MUST +ELSE STOPS\n(?:.*\n)+KEY_PEPPER +set\n/);
    const none = await check({});
    t.match(none, { code: 1, stderr: /ADMIN_TOKEN, CORE_APP_TOKEN, BILLING_TOKEN, KEY_PEPPER must be mended/ });
    t.match(none.stdout, /\nKEY_PEPPER +not set +be the secret that .* scim-edge, console\n/);
    t.equal((await check({}, '--process', 'claras')).code, 0, 'npm start makes its own');
    const wrong = await check({ ...tokens, PORT: secret, STORE_URL: `redis://${secret}`, OIDC_CLIENT_SECRET: secret }, '--json');
    const found = JSON.parse(wrong.stdout).variables.filter(({ must }: { must?: string }) => must);
    t.match(found, [
      { variable: 'PORT', is: 'set', must: /port number/ },
      { variable: 'BUS_URL', is: 'default', must: /same as STORE_URL/ },
      { variable: 'OIDC_ISSUER', is: 'not set' },
      { variable: 'OIDC_CLIENT_ID', is: 'not set', stops: ['scim-edge', 'console'] },
    ]);
    t.equal(found.length, 4);
    for (const { stdout, stderr } of [right, none, wrong]) t.notMatch(stdout + stderr, /canary/);
    t.equal((await check({}, '--process', 'nobody')).code, 2);
  },
);

t.test('an argument in brackets may be left out', async (t) => {
  t.equal((await cli('dead-letters', 'replay', '--dry-run')).code, 0);
});

t.test('nothing answers: one line that says what to do', async (t) => {
  const { code, stderr } = await cli('tenant', 'list', '--api', 'http://127.0.0.1:1');
  t.strictSame([code, stderr], [1, 'claras-scim: nothing answers at http://127.0.0.1:1: start it with npm start\n']);
});

t.test('wrong usage is exit code 2 and one line', async (t) => {
  const wrong = [
    ['nonsense'],
    ['key'],
    ['tenant', 'create'],
    ['tenant', 'create', 'A', 'B'],
    ['seats'],
    ['seats', '--tenant', 'a', '--tenant', 'b'],
    ['seats', '--tenant', 'a', '--nonsense'],
    ['key', 'create', '--tenant', 'a', '--name', 'n', '--scope', 'admin'],
    ['provider', 'add', 'P', '--tenant', 'a', '--protocol', 'ldap'],
    ['simulate'],
  ];
  for (const argv of wrong) {
    const { code, stdout, stderr } = await cli(...argv);
    t.strictSame([code, stdout], [2, ''], argv.join(' '));
    t.match(stderr, /^claras-scim: .+\n$/);
  }
  t.match(await runProgram([], {}), { code: 2, stdout: '', stderr: /^claras-scim: the operator/ });
});

t.test('help names every command, and each command helps', async (t) => {
  const { code, stdout } = await cli('--help');
  t.equal(code, 0);
  for (const { name } of commands) t.match(stdout, `  ${name}`);
  t.match(await done('key', 'create', '--help'), /^Usage: claras-scim key create --tenant T --name N --scope S…/);
  t.match(await done('simulate', 'entra', '--help'), /--key-file/);
});
