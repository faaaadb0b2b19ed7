import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type CycleName, cycleNames } from './history.ts';
import { dialects } from './intent.ts';
import { progressLine } from './progress-line.ts';
import { reportText } from './report.ts';
import { type Simulation, simulate } from './simulate.ts';

/** Where a command writes: `process` fits. */
export interface CommandIo {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown; isTTY?: boolean };
}

export const simulateUsage = `claras-scim simulate entra --url URL --key-file FILE [options]

Plays Microsoft Entra's provisioning service against a SCIM 2.0 edge and compares the edge with what was sent.

  --url URL            Tenant URL as entered in Entra, such as https://claras.ai/api/scim/v2
  --key-file FILE      file with the secret token
  --users N            people in the invented company, 2 or more (default 100)
  --groups N           groups, 1 or more (default 10)
  --cycle CYCLE        initial (default), delta, leave or mess
  --dialect DIALECT    legacy (default) or flagged, as with aadOptscim062020
  --seed SEED          the same seed, users and groups are the same company (default 1)
  --after CYCLES       cycles played before, such as initial,delta; without it the edge is asked
  --concurrency N      requests under way at once (default 16)
  --json               the report as JSON

Exit code 0: no failure, and the edge holds exactly what was sent. 1: it does not. 2: wrong usage.
`;

class WrongUsage extends Error {
  override name = 'WrongUsage';
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (!found) throw new WrongUsage(`--${name}: ${value} is none of ${allowed.join(', ')}`);
  return found;
}

function atLeast(name: string, value: string, least: number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < least) throw new WrongUsage(`--${name}: ${value} is no whole number from ${least}`);
  return number;
}

const cyclesIn = (text: string): CycleName[] => (text === '' ? [] : text.split(',').map((name) => oneOf('after', name.trim(), cycleNames)));

function tenantUrl(value: string | undefined): string {
  if (!value || !URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) throw new WrongUsage('--url: a Tenant URL is needed');
  return value;
}

async function keyIn(file: string | undefined): Promise<string> {
  if (!file) throw new WrongUsage('--key-file: a file with the secret token is needed');
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new WrongUsage(`--key-file: ${error.message}`);
  });
  return text.trim();
}

const argumentsOf = (argv: readonly string[]) =>
  parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      'key-file': { type: 'string' },
      users: { type: 'string', default: '100' },
      groups: { type: 'string', default: '10' },
      cycle: { type: 'string', default: 'initial' },
      dialect: { type: 'string', default: 'legacy' },
      seed: { type: 'string', default: '1' },
      after: { type: 'string' },
      concurrency: { type: 'string', default: '16' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });

async function simulationOf(argv: readonly string[]): Promise<{ simulation: Simulation; json: boolean } | 'help'> {
  const { values, positionals } = argumentsOf(argv);
  if (values.help) return 'help';
  if (positionals.filter((word) => word !== 'simulate').join(' ') !== 'entra') throw new WrongUsage('what to simulate: entra');
  const simulation: Simulation = {
    url: tenantUrl(values.url),
    key: await keyIn(values['key-file']),
    users: atLeast('users', values.users, 2),
    groups: atLeast('groups', values.groups, 1),
    cycle: oneOf('cycle', values.cycle, cycleNames),
    dialect: oneOf('dialect', values.dialect, dialects),
    seed: values.seed,
    concurrency: atLeast('concurrency', values.concurrency, 1),
    ...(values.after !== undefined && { after: cyclesIn(values.after) }),
  };
  return { simulation, json: values.json };
}

/** `simulate entra …` with or without its first word. Progress goes to stderr, the report to stdout. Resolves with the exit code. */
export async function simulateCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    const asked = await simulationOf(argv);
    if (asked === 'help') {
      io.stdout.write(simulateUsage);
      return 0;
    }
    const line = progressLine(io.stderr);
    const report = await simulate({ ...asked.simulation, onProgress: line.show }).finally(line.end);
    io.stdout.write(`${asked.json ? JSON.stringify(report, null, 2) : reportText(report)}\n`);
    return report.ok ? 0 : 1;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!(error instanceof WrongUsage || error instanceof RangeError || code.startsWith('ERR_PARSE_ARGS'))) throw error;
    io.stderr.write(`${(error as Error).message}\n\n${simulateUsage}`);
    return 2;
  }
}
