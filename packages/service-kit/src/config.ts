import { type Static, type TSchemaOptions, Type } from 'typebox';
import { Value } from 'typebox/value';

const Secret = (what: string) => Type.Optional(Type.String({ minLength: 16, description: `${what}, at least 16 characters` }));
const localFolder = './data';
const HttpUrl = (port: number) =>
  Type.String({
    pattern: '^https?://[^\\s/]+(/\\S*)?$',
    default: `http://127.0.0.1:${port}`,
    description: 'an http or https URL',
  });

/**
 * What a process may be told by its environment, and its type. `dataDir` is `DATA_DIR` there, and so on. The descriptions end the sentence
 * "PORT must be …". The defaults are for one machine; tokens and the pepper have none.
 */
export const Config = Type.Object({
  host: Type.String({ minLength: 1, default: '127.0.0.1', description: 'an address to listen on' }),
  port: Type.Integer({ minimum: 0, maximum: 65535, default: 8080, description: 'a port number from 0 to 65535 (0: any free one)' }),
  dataDir: Type.String({ minLength: 1, default: localFolder, description: 'a folder' }),
  storeUrl: Type.String({
    // More than one address is a cluster: it has no database but 0.
    pattern: '^(file:.+|memory:|rediss?://([^\\s@/]*@)?[^\\s,]+|rediss?://([^\\s@/]*@)?[^\\s,@/]+:\\d+(,[^\\s,@/]+:\\d+)+)$',
    description: 'file:DIR, memory: or redis://HOST:PORT[,HOST:PORT…]',
  }),
  busUrl: Type.String({
    pattern:
      '^(file:.+|memory:|kafka(\\+ssl://([^\\s@/:]+:[^\\s@/]+@)?|://)[^\\s@,/?#]+:\\d+(,[^\\s@,/?#]+:\\d+)*/?(\\?sasl=(plain|scram-sha-(256|512)))?)$',
    description: 'file:DIR, memory:, kafka://HOST:PORT[,HOST:PORT…] or kafka+ssl://[USER:PASSWORD@]HOST:PORT[,HOST:PORT…][?sasl=plain]',
  }),
  publicUrl: Type.Optional(
    Type.String({ pattern: '^https?://[^\\s/]+$', description: 'the address of the console, such as https://claras.ai' }),
  ),
  tenantUrl: Type.Optional(
    Type.String({ pattern: '^https?://\\S+$', description: 'what Entra gets as Tenant URL, such as https://claras.ai/api/scim/v2' }),
  ),
  oidcIssuer: Type.Optional(
    Type.String({
      pattern: '^https?://\\S+$',
      description: 'the identity provider that people sign in with, with OIDC_CLIENT_ID and OIDC_CLIENT_SECRET',
    }),
  ),
  oidcClientId: Type.Optional(Type.String({ minLength: 1, description: 'the client id at the identity provider' })),
  oidcClientSecret: Type.Optional(Type.String({ minLength: 1, description: 'the client secret at the identity provider' })),
  nodeEnv: Type.Optional(Type.String({ description: 'production, or anything else' })),
  cells: Type.Integer({ minimum: 1, maximum: 1024, default: 64, description: 'a number from 1 to 1024 that never changes again' }),
  coreAppUrl: HttpUrl(8082),
  billingUrl: Type.String({
    pattern: '^(ledger:https?://[^\\s/]+(/\\S*)?|stripe:(https?://[^\\s/]+)?)$',
    default: 'ledger:http://127.0.0.1:8083',
    description: 'ledger: followed by an http or https URL, or stripe:',
  }),
  adminToken: Secret('the token of the operator’s API'),
  coreAppToken: Secret('the token of the core app'),
  billingToken: Secret('the token of the billing system'),
  // The first makes hashes; by the former ones behind it keys are still known.
  keyPepper: Type.Optional(
    Type.Unsafe<[string, ...string[]]>(
      Type.Array(Type.String({ pattern: '^\\S[^]{15,}$' }), {
        minItems: 1,
        description: 'the secret that keys the hashes of API keys, at least 16 characters, with former ones behind it: NEW,FORMER',
      }),
    ),
  ),
  logLevel: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'fatal, error, warn, info, debug, trace or silent',
  }),
});
export type Config = Static<typeof Config>;
export type Setting = keyof Config;

/** `must`: how the sentence "VARIABLE must …" ends. */
export interface ConfigFault {
  setting: Setting;
  must: string;
}

/** The environment is wrong; the message has one line for each fault, and no value of any setting. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly faults: readonly ConfigFault[];
  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(({ setting, must }) => `${variableOf(setting)} must ${must}`).join('\n'));
    this.faults = faults;
  }
}

/** `DATA_DIR` for `dataDir`. */
export const variableOf = (setting: string): string => setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** The configuration in a process's environment. `needed`: settings without a default that this process cannot do without. */
export function readConfig<Needed extends Setting = never>(
  env: Record<string, string | undefined>,
  needed: readonly Needed[] = [],
): Config & Required<Pick<Config, Needed>> {
  const settings = Object.keys(Config.properties) as Setting[];
  const given = Object.fromEntries(settings.flatMap((setting) => (env[variableOf(setting)] ? [[setting, env[variableOf(setting)]]] : [])));
  const lists = given.keyPepper ? { keyPepper: given.keyPepper.split(',') } : {};
  const folder = `file:${given.dataDir ?? localFolder}`;
  const config = Value.Convert(Config, Value.Default(Config, { storeUrl: folder, busUrl: folder, ...given, ...lists })) as Config;

  const wrong = new Set(Value.Errors(Config, config).map(({ instancePath }) => instancePath.split('/')[1] as Setting));
  for (const setting of needed) if (config[setting] === undefined) wrong.add(setting);
  const faults = [...[...wrong].map(shapeFault), ...mismatches(config, wrong)];
  if (faults.length > 0) throw new ConfigError(faults);
  return config as Config & Required<Pick<Config, Needed>>;
}

function shapeFault(setting: Setting): ConfigFault {
  const schema: object = Config.properties[setting];
  const { description } = schema as TSchemaOptions;
  return { setting, must: `be ${description}` };
}

const signIn = ['oidcIssuer', 'oidcClientId', 'oidcClientSecret'] as const;

/** Settings that are right each by itself and do not go together. */
function mismatches({ storeUrl, busUrl, ...config }: Config, wrong: ReadonlySet<Setting>): ConfigFault[] {
  const isEmbedded = storeUrl.startsWith('file:') || busUrl.startsWith('file:');
  const isApart = isEmbedded && storeUrl !== busUrl && !wrong.has('storeUrl') && !wrong.has('busUrl');
  const missing = signIn.filter((setting) => config[setting] === undefined);
  const isHalf = missing.length > 0 && missing.length < signIn.length;
  return [
    ...(isApart
      ? [{ setting: 'busUrl' as const, must: 'be the same as STORE_URL where one of them is file:, since they share one folder' }]
      : []),
    ...(isHalf ? missing.map((setting) => ({ setting, must: 'be set where another one of OIDC_… is' })) : []),
  ];
}
