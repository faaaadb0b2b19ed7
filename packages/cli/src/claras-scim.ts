import { parseArgs } from 'node:util';
import { restApi } from './api.ts';
import type { Command, CommandIo, Context, Delegate } from './command.ts';
import { commands } from './commands.ts';
import { commandHelp, mainHelp, sharedOptions } from './help.ts';
import { Refusal, UsageError } from './refusal.ts';
import { adminToken, apiUrl, type Environment } from './settings.ts';

/** The command that the first words name. The options come after it, as help shows them. */
function commandIn(argv: readonly string[]): Command | Delegate {
  const found = commands.find(({ name }) => name.split(' ').every((word, n) => argv[n] === word));
  if (found) return found;
  const words = argv.filter((word) => !word.startsWith('-')).slice(0, 2);
  const near = commands.filter(({ name }) => name.split(' ')[0] === words[0]).map(({ name }) => name);
  throw new UsageError(
    near.length > 0 ? `${words[0]} what? One of: ${near.join(', ')}` : `there is no command "${words.join(' ')}"; see claras-scim --help`,
  );
}

function parse(command: Command, argv: readonly string[]) {
  const spec = Object.entries({ ...command.options, ...sharedOptions });
  const options = Object.fromEntries(
    spec.map(([name, { placeholder }]) => [name, { type: placeholder ? ('string' as const) : ('boolean' as const), multiple: true }]),
  );
  const args = argv.slice(command.name.split(' ').length);
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const given = values as Record<string, (string | boolean)[] | undefined>;
  return { positionals, all: (name: string): string[] => (given[name] ?? []).map(String) };
}
type Parsed = ReturnType<typeof parse>;

function assertComplete({ name, arguments: words = [], options = {} }: Command, { positionals, all }: Parsed): void {
  const next = words[positionals.length];
  const word = next?.startsWith('[') ? undefined : next;
  const missing = word ?? Object.keys(options).find((option) => options[option]?.required && all(option).length === 0);
  if (missing) throw new UsageError(`${name} needs ${words.includes(missing) ? missing : `--${missing}`}; see claras-scim ${name} --help`);
  const extra = positionals[words.length];
  if (extra !== undefined) throw new UsageError(`${name} does not take "${extra}"; see claras-scim ${name} --help`);
  const twice = Object.keys(options).find((option) => !options[option]?.many && all(option).length > 1);
  if (twice) throw new UsageError(`${name} takes --${twice} once`);
}

function contextOf({ positionals, all }: Parsed, env: Environment, io: CommandIo): Context {
  const api = restApi(apiUrl(env, all('api')[0]), () => adminToken(env));
  const json = all('json').length > 0;
  return {
    api,
    env,
    positionals,
    value: (option) => all(option)[0],
    values: all,
    has: (option) => all(option).length > 0,
    print: (data, text) => void io.stdout.write(`${json ? JSON.stringify(data, null, 2) : text()}\n`),
    tell: (text) => void io.stderr.write(`${text}\n`),
  };
}

async function run(argv: readonly string[], env: Environment, io: CommandIo): Promise<number> {
  const [first] = argv;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    (first ? io.stdout : io.stderr).write(mainHelp(commands));
    return first ? 0 : 2;
  }
  const command = commandIn(argv);
  if ('delegate' in command) return command.delegate(argv, io);
  const parsed = parse(command, argv);
  if (parsed.all('help').length > 0) {
    io.stdout.write(commandHelp(command));
    return 0;
  }
  assertComplete(command, parsed);
  await command.run(contextOf(parsed, env, io));
  return 0;
}

const isWrongUsage = (error: unknown): error is Error =>
  error instanceof UsageError || (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));

/** Runs one command. Resolves with the exit code: 0 done, 1 not done, 2 called wrongly. */
export async function clarasScim(argv: readonly string[], env: Environment, io: CommandIo): Promise<number> {
  try {
    return await run(argv, env, io);
  } catch (error) {
    if (!isWrongUsage(error) && !(error instanceof Refusal)) throw error;
    io.stderr.write(`claras-scim: ${error.message}\n`);
    return isWrongUsage(error) ? 2 : 1;
  }
}
