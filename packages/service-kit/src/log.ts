import type { Log as PortLog } from '@claras/ports/log';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from './config.ts';

/** What code that only tells needs of a log. {@link createLog} gives one that Fastify takes, too. */
export type Log = PortLog;

/** Fields that are secret or personal wherever they stand, up to two levels deep. */
const hidden = [
  'authorization',
  'cookie',
  'token',
  'secret',
  'password',
  'pepper',
  'userName',
  'displayName',
  'givenName',
  'familyName',
  'email',
];
const paths = hidden.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);

const apiKey = /claras_(?:scim|rest|full)_[0-9A-Za-z]+(?:_[0-9A-Za-z]+)?/g;
/** Bounded on both sides of the @ so that no text makes it slow. `%40`: an address in a URL's query. */
const email = /[\p{L}\p{N}._%+'!#$&*=?^{|}~-]{1,128}(?:@|%40)[\p{L}\p{N}.-]{1,253}\.[\p{L}\p{N}-]{2,63}/giu;

/** Text without API keys and e-mail addresses: pino's redaction sees fields only, not what stands inside a message or a stack. */
export const scrub = (text: string): string => text.replace(apiKey, '[key]').replace(email, '[e-mail]');

/** JSON lines on standard output. Every line is scrubbed as it leaves, whatever part of it holds the secret. */
export function createLog(name: string, config: Pick<Config, 'logLevel'>, destination?: DestinationStream): Logger {
  const options = {
    name,
    level: config.logLevel,
    redact: { paths, censor: '[hidden]' },
    hooks: { streamWrite: scrub },
  };
  return destination ? pino(options, destination) : pino(options);
}
