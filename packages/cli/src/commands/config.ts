import { Config, ConfigError, type ConfigFault, readConfig, type Setting, variableOf } from '@claras/service-kit/config';
import { neededSettings, type ProcessName } from '@claras/service-kit/needed-settings';
import type { Command } from '../command.ts';
import { Refusal, UsageError } from '../refusal.ts';
import type { Environment } from '../settings.ts';
import { table } from '../table.ts';

const all = Object.keys(neededSettings) as ProcessName[];

/** What a process would say at its start, by the code that it would say it with. */
function faultsOf(env: Environment, name: ProcessName): readonly ConfigFault[] {
  try {
    readConfig(env, neededSettings[name]);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

interface Variable {
  variable: string;
  is: 'set' | 'default' | 'not set';
  /** Processes that do not start as it is. */
  stops: ProcessName[];
  must?: string;
}

function look(env: Environment, names: readonly ProcessName[]): Variable[] {
  const faults = names.map((name) => ({ name, found: faultsOf(env, name) }));
  return (Object.keys(Config.properties) as Setting[]).map((setting) => {
    const variable = variableOf(setting);
    const hasDefault = 'default' in Config.properties[setting] || setting === 'storeUrl' || setting === 'busUrl';
    const stops = faults.filter(({ found }) => found.some((fault) => fault.setting === setting)).map(({ name }) => name);
    const fault = faults.flatMap(({ found }) => found).find((one) => one.setting === setting);
    return { variable, is: env[variable] ? 'set' : hasDefault ? 'default' : 'not set', stops, ...(fault ? { must: fault.must } : {}) };
  });
}

const text = (variables: readonly Variable[]): string =>
  table(
    ['variable', 'is', 'must', 'else stops'],
    variables.map(({ variable, is, must, stops }) => ({ variable, is, must: must ?? '', 'else stops': stops.join(', ') })),
  );

export const configCheck: Command = {
  name: 'config check',
  options: { process: { placeholder: 'P', help: `one of ${all.slice(0, -1).join(', ')}, or claras (npm start); without it, all` } },
  help: 'Check the environment as a process would at its start, without printing a value; exit code 1 where a variable is wrong.',
  async run({ env, value, print }) {
    const name = value('process');
    const names = name === undefined ? all : all.filter((one) => one === name);
    if (names.length === 0) throw new UsageError(`--process is one of ${all.join(', ')}`);
    const variables = look(env, names);
    const wrong = variables.filter(({ must }) => must !== undefined);
    print({ ok: wrong.length === 0, variables }, () => text(variables));
    if (wrong.length > 0) throw new Refusal(`${wrong.map(({ variable }) => variable).join(', ')} must be mended`);
  },
};
