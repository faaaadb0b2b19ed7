import type { Command, Delegate, Option } from './command.ts';

/** Options that every command takes. */
export const sharedOptions: Readonly<Record<string, Option>> = {
  api: { placeholder: 'URL', help: 'where Claras runs (default: CLARAS_API, else http://127.0.0.1:8080)' },
  json: { help: 'print data as JSON' },
  help: { help: 'print this' },
};

const call = (name: string, { placeholder }: Option): string => `--${name}${placeholder ? ` ${placeholder}` : ''}`;

function inSynopsis(name: string, option: Option): string {
  const text = option.required ? call(name, option) : `[${call(name, option)}]`;
  return option.many ? `${text}…` : text;
}

function synopsis(command: Command | Delegate): string {
  if ('delegate' in command) return `${command.name} [options]`;
  const { name, arguments: words = [], options = {} } = command;
  return [name, ...words, ...Object.entries(options).map(([option, spec]) => inSynopsis(option, spec))].join(' ');
}

const optionLines = (options: Readonly<Record<string, Option>>): string =>
  Object.entries(options)
    .map(([name, option]) => `  ${call(name, option).padEnd(24)}${option.help}`)
    .join('\n');

export const commandHelp = (command: Command): string => `Usage: claras-scim ${synopsis(command)}

${command.help}

${optionLines({ ...command.options, ...sharedOptions })}
`;

export const mainHelp = (commands: readonly (Command | Delegate)[]): string => `claras-scim: the operator's tool of the Claras SCIM gateway

Usage: claras-scim COMMAND [options]

${commands.map((command) => `  ${synopsis(command)}\n      ${command.help.split('\n')[0]}`).join('\n')}

Options of every command:
${optionLines(sharedOptions)}

Environment:
  CLARAS_API              where Claras runs
  CLARAS_ADMIN_TOKEN      the operator's token; without it, the file admin-token in DATA_DIR
  DATA_DIR                the data folder of npm start (default ./data)

Data goes to standard output, everything else to standard error.
Exit code 0: done. 1: not done. 2: called wrongly.
`;
