import type { Api } from './api.ts';
import type { Environment } from './settings.ts';

/** An option of a command. `placeholder` absent: a switch. `many`: may be given more than once. */
export interface Option {
  placeholder?: string;
  many?: boolean;
  required?: boolean;
  help: string;
}

export interface Context {
  api: Api;
  env: Environment;
  /** Prints data: `json` where --json was given, else the text that `text` makes. */
  print(data: unknown, text: () => string): void;
  /** Tells the user something that is not data. */
  tell(text: string): void;
  /** The one value of an option; undefined where it was not given. */
  value(option: string): string | undefined;
  values(option: string): string[];
  has(option: string): boolean;
  positionals: string[];
}

/** One row of the command table: how it is called, what help says of it, and what it does. */
export interface Command {
  /** One or two words: `tenant create`. */
  name: string;
  /** Names of the positional arguments; the last may be optional: `[ROLE]`. */
  arguments?: readonly string[];
  options?: Readonly<Record<string, Option>>;
  help: string;
  run(context: Context): Promise<void>;
}

/** A row that another package fills: its options, its help and what it does are its own. */
export interface Delegate {
  name: string;
  help: string;
  /** `argv`: with the name. Resolves with the exit code. */
  delegate(argv: readonly string[], io: CommandIo): Promise<number>;
}

/** Where a command writes: `process` fits. */
export interface CommandIo {
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
}

export const tenantOption: Record<string, Option> = { tenant: { placeholder: 'T', required: true, help: 'the tenant’s id' } };
